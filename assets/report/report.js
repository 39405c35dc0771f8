// Draws every chart of the report from the values that stand beside it. Text never becomes code here.
(function () {
  "use strict";
  function ink() {
    return getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
  }
  var charts = [];
  document.querySelectorAll("figure[data-name]").forEach(function (box) {
    var found = JSON.parse(box.querySelector("script").textContent);
    var place = box.querySelector(".chart");
    var layout = Object.assign({}, found.layout, { font: Object.assign({}, found.layout.font, { color: ink() }) });
    place.style.height = (layout.height || 380) + "px";
    Plotly.newPlot(place, found.data, layout, { displayModeBar: false, displaylogo: false, responsive: true, doubleClick: false,
      typesetMath: false })
      .then(function () { box.setAttribute("data-drawn", "yes"); });
    charts.push(place);
    box.querySelectorAll("button").forEach(function (button) {
      button.addEventListener("click", function () {
        Plotly.downloadImage(place, { format: button.value, filename: box.dataset.name, width: place.clientWidth,
          height: place.clientHeight, scale: button.value === "png" ? 2 : 1 });
      });
    });
  });
  function recolour() {
    charts.forEach(function (place) { Plotly.relayout(place, { "font.color": ink() }); });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  window.addEventListener("beforeprint", function () {
    charts.forEach(function (place) {
      Plotly.relayout(place, { "font.color": "#000", width: Math.min(place.clientWidth, 680) });
    });
  });
  window.addEventListener("afterprint", function () {
    charts.forEach(function (place) { Plotly.relayout(place, { "font.color": ink(), width: null, autosize: true }); });
  });
})();
