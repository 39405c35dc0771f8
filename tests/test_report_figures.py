"""Figures on paper hold the same values as on screen, as vectors, the same bytes each time; words stay words."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import plotly.graph_objects as go
import pytest

from engine.charts.offline import figure_of
from engine.report.figures import DOTS, WIDTH, _draw, svg, unknown_kind
from engine.report.figures.words import colour, number_format, shade, words
from tests.reports import hostile, report


def drawn(figure):
    """Return a figure of matplotlib, drawn but not written."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    page = Figure(figsize=(WIDTH / DOTS, 4), dpi=DOTS)
    FigureCanvasAgg(page)
    _draw(page, figure_of(figure))
    return page


def panel(figure):
    return drawn(figure).axes[1]   # the first holds what stands on the whole figure


def test_every_chart_of_a_report_is_drawn_as_vectors():
    for picture in (*report().pictures, *hostile().pictures):
        text = svg(picture.figure)
        root = ElementTree.fromstring(text)
        assert root.tag.endswith("svg")
        assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) > 10, picture.name
        assert not list(root.iter("{http://www.w3.org/2000/svg}image")), picture.name
        assert not [each for each in root.iter() if "http" in str(each.attrib.values())]


def test_the_same_figure_gives_the_same_bytes():
    figure = report().pictures[0].figure
    assert svg(figure) == svg(figure)
    assert not re.search(rb"20\d\d-\d\d-\d\d", svg(figure))   # no date


def test_lines_hold_the_values_of_the_figure():
    found = panel(go.Figure(go.Scatter(x=[1, 2, 3], y=[0.5, None, 0.7], mode="lines", line={"shape": "hv"})))
    line = found.lines[0]
    assert line.get_xdata().tolist() == [1, 2, 3]
    np.testing.assert_array_equal(line.get_ydata(), [0.5, np.nan, 0.7])
    assert line.get_drawstyle() == "steps-post"


def test_marks_and_error_bars_hold_the_values_of_the_figure():
    found = panel(go.Figure(go.Scatter(
        x=[1, 2], y=[3, 4], mode="markers", marker={"color": ["#ff0000", "#0000ff"], "symbol": "square-open"},
        error_x={"type": "data", "symmetric": False, "array": [0.5, 1], "arrayminus": [0.25, 0]})))
    bars, marks = found.collections
    assert [segment[:, 0].tolist() for segment in bars.get_segments()] == [[0.75, 1.5], [2, 3]]
    assert marks.get_offsets().tolist() == [[1, 3], [2, 4]]
    assert marks.get_edgecolors()[0][:3].tolist() == [1, 0, 0]


@pytest.mark.parametrize(("mode", "bottoms"), [("stack", [0, 0, 2, 3]), ("overlay", [0, 0, 0, 0])])
def test_bars_stand_where_they_do_on_screen(mode, bottoms):
    figure = go.Figure([go.Bar(x=["a", "b"], y=[2, 3]), go.Bar(x=["a", "b"], y=[1, 1])], {"barmode": mode})
    found = panel(figure)
    assert [bar.get_height() for bar in found.patches] == [2, 3, 1, 1]
    assert [bar.get_y() for bar in found.patches] == bottoms
    assert [text.get_text() for text in found.get_xticklabels()] == ["a", "b"]


def test_bars_beside_each_other_do_not_overlap():
    figure = go.Figure([go.Bar(y=["a"], x=[2], orientation="h"), go.Bar(y=["a"], x=[1], orientation="h")])
    first, second = panel(figure).patches
    assert first.get_y() + first.get_height() <= second.get_y() + 1e-9
    assert (first.get_width(), second.get_width()) == (2, 1)


def test_fills_shapes_and_annotations_are_where_they_are_on_screen():
    figure = go.Figure(go.Scatter(x=[0, 1, 1, 0], y=[0, 0, 1, 1], fill="toself", line={"width": 0}))
    figure.add_shape(type="rect", x0=0.2, x1=0.4, y0=0.1, y1=0.3, fillcolor="#ff0000")
    figure.add_vline(x=0.5)
    figure.add_annotation(x=0.5, y=0.5, text="<b>here</b>", showarrow=False)
    found = panel(figure)
    assert found.patches[0].get_xy()[:4].tolist() == [[0, 0], [1, 0], [1, 1], [0, 1]]
    rectangle = next(each for each in found.patches if type(each).__name__ == "Rectangle")
    assert (*rectangle.get_xy(), rectangle.get_width(), rectangle.get_height()) == pytest.approx((0.2, 0.1, 0.2, 0.2))
    assert list(found.lines[-1].get_xdata()) == [0.5, 0.5]
    assert (found.texts[0].get_text(), found.texts[0].get_fontweight(), found.texts[0].xy) == ("here", "bold",
                                                                                              (0.5, 0.5))


def test_heat_maps_and_contours_hold_the_values_of_the_figure():
    z = [[0.0, 1.0, 2.0], [1.0, None, 3.0], [2.0, 3.0, 4.0]]
    scale = [[0, "#000000"], [1, "#ffffff"]]
    figure = go.Figure(go.Heatmap(x=[1, 2, 3], y=[1, 2, 3], z=z, colorscale=scale, text=[["a", "", ""]] * 3,
                                  texttemplate="%{text}"))
    found = panel(figure)
    assert len(found.patches) == 8   # nine fields but the one without a number
    assert [patch.get_facecolor()[0] for patch in found.patches][-1] == 1
    assert [text.get_text() for text in found.texts] == ["a"] * 3
    lines = panel(go.Figure(go.Contour(x=[1, 2, 3], y=[1, 2, 3], z=z, contours={"start": 1, "end": 3, "size": 1})))
    assert lines.collections[0].levels.tolist() == [1, 2, 3]


def test_axes_have_the_range_ticks_and_words_of_the_figure():
    figure = go.Figure(go.Scatter(x=[1, 10], y=[0.1, 0.2]))
    figure.update_xaxes(type="log", range=[0, 2], title="dollars &lt;b&gt; $x$")
    figure.update_yaxes(range=[1, 0], tickformat=".0%", tickvals=[0, 0.5], title="share")
    found = panel(figure)
    assert found.get_xscale() == "log"
    assert found.get_xlim() == (1, 100)
    assert found.get_ylim() == (1, 0)
    assert found.get_xlabel() == "dollars <b> $x$"
    assert [found.yaxis.get_major_formatter()(value) for value in (0, 0.5)] == ["0%", "50%"]


def test_panels_keep_their_domains_and_share_their_scales():
    from plotly.subplots import make_subplots

    figure = make_subplots(1, 2, shared_yaxes=True)
    figure.add_scatter(x=[0, 1], y=[0, 5], row=1, col=1)
    figure.add_scatter(x=[0, 1], y=[2, 9], row=1, col=2)
    first, second = drawn(figure).axes[1:]
    assert first.get_position().x1 < second.get_position().x0
    assert first.get_ylim() == second.get_ylim()


def test_labels_stay_on_the_page():
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1]))
    figure.update_yaxes(tickvals=[0, 1], ticktext=["a very long label of a group" * 2, "b"])
    page = drawn(figure)
    box = page.axes[1].get_tightbbox(page.canvas.get_renderer())
    assert box.x0 >= 0
    assert box.y0 >= 0


def test_dollars_are_no_formula():
    page = drawn(go.Figure(go.Scatter(x=[0], y=[0], mode="text", text=["$\\frac{1}"])))
    page.canvas.draw()   # would raise if it were read as mathematics


def test_a_kind_that_is_not_known_is_named():
    assert unknown_kind(figure_of(go.Figure(go.Pie(values=[1, 2])))) == "pie"
    assert unknown_kind(report().pictures[0].figure) is None


@pytest.mark.parametrize(("text", "said"), [
    ("<b>a</b> &amp; b<br>c", "a & b\nc"), ("&lt;script&gt;", "<script>"), ("\u202eabc", "abc"), (None, ""),
])
def test_words(text, said):
    assert words(text) == said


@pytest.mark.parametrize(("pattern", "value", "said"), [
    (".1%", 0.12345, "12.3%"), (".2~f", 0.5, "0.5"), ("+.3~f", -0.25, "−0.25"), (".3f", 1.0, "1.000"),
    (".4~g", 0.000123456, "0.0001235"), ("+.3~f", 0.0, "+0"),
])
def test_number_formats(pattern, value, said):
    assert number_format(pattern)(value, None) == said


def test_colours():
    assert colour("rgba(0,0,0,0)")[3] == 0
    assert shade([[0, "#000000"], [1, "#ffffff"]], 0.5)[:3] == (0.5, 0.5, 0.5)


def test_bars_keep_their_error_bars_opacities_and_patterns():
    figure = go.Figure(go.Bar(
        y=["a", "b"], x=[-0.2, 0.1], orientation="h", error_x={"type": "data", "array": [0.05, 0.02]},
        marker={"color": "#0072B2", "opacity": [1, 0.3], "pattern": {"shape": "/", "fillmode": "overlay"}}))
    found = panel(figure)
    assert [round(bar.get_facecolor()[3], 3) for bar in found.patches] == [1, 0.3]
    assert {bar.get_hatch() for bar in found.patches} == {"////"}
    segments = found.collections[0].get_segments()
    np.testing.assert_allclose([segment[:, 0] for segment in segments], [[-0.25, -0.15], [0.08, 0.12]])


def test_an_axis_reaches_what_stands_beyond_its_values():
    figure = go.Figure(go.Scatter(x=[0, 1], y=[0, 1]))
    figure.add_vline(x=3)
    figure.add_annotation(x=0, y=-2, ax=1, ay=1, axref="x", ayref="y", text="")
    found = panel(figure)
    assert found.get_xlim()[1] >= 3
    assert found.get_ylim()[0] <= -2


def test_panels_that_share_a_scale_share_its_words():
    figure = go.Figure({
        "data": [{"type": "scatter", "x": [0, 1], "y": [0, 1]},
                 {"type": "scatter", "x": [0, 1], "y": [0, 1], "xaxis": "x2", "yaxis": "y2"}],
        "layout": {"yaxis": {"tickformat": ".0%"}, "yaxis2": {"matches": "y", "anchor": "x2"},
                   "xaxis": {"domain": [0, 0.4]}, "xaxis2": {"domain": [0.6, 1], "anchor": "y2"}}})
    first = drawn(figure).axes[1]
    assert first.yaxis.get_major_formatter()(0.5) == "50%"


def test_labels_of_a_logarithmic_axis_are_numbers():
    figure = go.Figure(go.Scatter(x=[0.002, 0.05], y=[0, 1]))
    figure.update_xaxes(type="log", tickvals=[0.003, 0.03], ticktext=["0.003", "0.03"])
    page = drawn(figure)
    page.canvas.draw()
    said = [text.get_text() for text in page.axes[1].get_xticklabels(which="both") if text.get_text()]
    assert said == ["0.003", "0.03"]
