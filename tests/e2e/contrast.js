/* Contrast of every text (4.5) and every mark that carries a number (3) of the live explorer, by WCAG 2.2. */
() => {
  const root = [...document.querySelectorAll("*")].map((node) => node.shadowRoot?.querySelector(".te")).find(Boolean);
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
  };
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ratio = (a, b) => {
    const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement || at.getRootNode().host) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] === 1) return colour;
    }
    return [1, 1, 1, 1];
  };
  const found = [], page = behind(root);
  const look = (node, property, ground, least) => found.push([node.className?.baseVal ?? node.className, node.tagName,
    property, least, ratio(rgba(getComputedStyle(node)[property]), ground)]);
  const marks = (selector, property, ground = () => page) =>
    root.querySelectorAll(selector).forEach((node) => look(node, property, ground(node), 3));
  for (const node of root.querySelectorAll("*")) {
    const said = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
    if (said && !node.closest(".spoken")) look(node, node.closest("svg") ? "fill" : "color", behind(node), 4.5);
  }
  marks(".strong path.up, .strong path.down, .strong path.unknown, .dot circle", "fill");
  marks(".line, .key i.up, .key i.down, .key i.unknown", "backgroundColor");
  marks(".fill, .ci", "backgroundColor", (node) => behind(node.closest(".track")));
  marks(".plot .ghost", "borderLeftColor");
  marks(".curve", "stroke");
  return found;
}
