// @ts-check
// The charts: Plotly draws them from figures that Python sends, and a marker moves on them without redrawing. A chart can
// arrive as a pre-rendered drawing, which stays until it scrolls into view or no longer matches its figure.

/** @import { Marker } from "./messages.js" */
import { DEBOUNCE_MS } from "./settings.js";

/**
 * @typedef {object} Plot
 * @property {any} box the element, to which Plotly adds its own state
 * @property {SVGElement | null} still the pre-rendered drawing, if any
 * @property {string} [figure] plotly's figure as JSON, without the marker
 * @property {any} [stillFigure] the same, parsed, if the drawing shows it
 * @property {Marker} [marker]
 * @property {boolean} [drawn]
 * @property {ReturnType<typeof setTimeout>} [settling]
 */

/** @param {string} text in ASCII */
function adler32(text) {
  let [low, high] = [1, 0];
  for (let place = 0; place < text.length; place++) {
    low = (low + text.charCodeAt(place)) % 65521;
    high = (high + low) % 65521;
  }
  return high * 65536 + low;
}

/**
 * Return how far a marker moves along an axis of a drawing, as a share of the axis.
 * @param {any} axis
 * @param {number | string} from
 * @param {number | string} to
 */
function share(axis, from, to) {
  const names = axis.categoryarray;
  if (names) return (names.indexOf(to) - names.indexOf(from)) / names.length;
  return (Number(to) - Number(from)) / (axis.range[1] - axis.range[0]);
}

/**
 * Run a drawing function; a chart that fails must not keep the page from showing the rest.
 * @param {() => void} draw
 */
function attempt(draw) {
  try {
    draw();
  } catch (error) {
    console.error(error);
  }
}

/** @type {any} */
const page = globalThis; // all views share one plotly.js, stored here

/**
 * @param {HTMLElement} root
 * @param {() => Record<string, Marker>} marks returns the markers' positions, as Python last sent them
 * @param {() => void} getPlotly requests plotly.js
 */
export function createCharts(root, marks, getPlotly) {
  /** @type {Record<string, Plot>} */
  const plots = {};
  for (const box of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-chart]"))) {
    plots[box.dataset.chart ?? ""] = { box, still: box.querySelector("svg[data-base]") };
  }
  let plotly = page.backchannelPlotly;
  let wanted = false; // plotly.js was requested

  function wantPlotly() {
    if (plotly || wanted) return;
    wanted = true;
    if (page.backchannelPlotly) start().catch((error) => console.error(error));
    else getPlotly();
  }
  const inSight = new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && wantPlotly(), { rootMargin: "25%" });

  /** @param {DataView[]} buffers plotly.js, gzipped */
  async function loadPlotly(buffers) {
    const packed = new Blob([/** @type {any} */ (buffers[0])]).stream().pipeThrough(new DecompressionStream("gzip"));
    const text = await new Response(packed).text();
    if (!page.backchannelPlotly) {
      // The parameter names shadow the page's module loader, if any, which would otherwise register the library.
      new Function("define", "module", "exports", text).call(page);
    }
    await start();
  }

  /** @param {string} address of plotly.js, on the page's own host */
  async function loadPlotlyFrom(address) {
    await (page.backchannelPlotlyScript ??= new Promise((loaded, failed) => {
      const script = document.createElement("script");
      Object.assign(script, { src: address, onload: loaded, onerror: failed });
      document.head.append(script);
    }));
    await start();
  }

  async function start() {
    inSight.disconnect();
    // Plotly's basic bundle exports itself under a placeholder name that its build never replaced.
    page.backchannelPlotly ??= page.moduleName ?? page.Plotly;
    plotly = page.backchannelPlotly;
    for (const chart of Object.keys(plots)) {
      attempt(() => draw(chart));
      await new Promise((next) => setTimeout(next));
    }
  }

  /** @param {any} layout */
  function themed(layout) {
    const style = getComputedStyle(root);
    const [ink, line] = [style.color, style.getPropertyValue("--bw-grid")];
    const axis = (/** @type {any} */ one) => ({ ...one, gridcolor: line, linecolor: line, tickcolor: line });
    return { ...layout, font: { ...layout.font, color: ink }, xaxis: axis(layout.xaxis), yaxis: axis(layout.yaxis) };
  }

  /** @param {string} chart */
  function draw(chart) {
    const plot = plots[chart];
    if (!plotly || !plot?.figure || !plot.box.clientWidth) return; // without a plot, the view has been closed
    const figure = JSON.parse(plot.figure);
    plot.marker = marks()[chart];
    if (plot.marker) Object.assign(figure.data.at(-1), { x: [plot.marker[0]], y: [plot.marker[1]] });
    if (!plot.drawn) plot.box.textContent = "";
    const layout = { ...themed(figure.layout), width: plot.box.clientWidth };
    if (layout.width < 420) {
      layout.font.size = 11;
      layout.margin = { ...layout.margin, l: 2, r: 4 };
    }
    plotly.react(plot.box, figure.data, layout, { displayModeBar: false, staticPlot: true });
    plot.drawn = true;
    plot.box.dataset.at = plot.marker?.join(" ") ?? "";
  }

  // Move the marker in the drawing itself, which is cheap, and tell Plotly once the control is at rest, because
  // Plotly redraws the whole chart to move one point.
  /**
   * @param {string} chart
   * @param {Marker | undefined} marker
   */
  function moveMarker(chart, marker) {
    const plot = plots[chart];
    const shows = plot.drawn || plot.stillFigure;
    if (!marker || !shows || String(plot.marker) === String(marker)) return;
    plot.marker = marker;
    plot.box.dataset.at = marker.join(" ");
    if (!plot.drawn) return shiftStill(plot);
    shiftMarker(plot);
    clearTimeout(plot.settling);
    plot.settling = setTimeout(() => settleMarker(plot), DEBOUNCE_MS);
  }

  const drawnMarker = (/** @type {Plot} */ plot) => [...plot.box.querySelectorAll(".scatterlayer .trace")].at(-1);

  /** @param {Plot} plot */
  function shiftStill({ box, still, stillFigure, marker }) {
    const area = still?.querySelector(".plotclip rect");
    const drawn = JSON.parse(still?.dataset.mark ?? "[]");
    if (!area || !marker) return;
    const dx = share(stillFigure.layout.xaxis, drawn[0], marker[0]) * Number(area.getAttribute("width"));
    const dy = share(stillFigure.layout.yaxis, drawn[1], marker[1]) * Number(area.getAttribute("height"));
    drawnMarker({ box, still })?.setAttribute("transform", `translate(${dx},${-dy})`);
  }

  /**
   * Show a figure, as the pre-rendered drawing if that shows exactly this figure and Plotly hasn't loaded.
   * @param {string} chart
   * @param {string} figure
   */
  function setFigure(chart, figure) {
    const plot = plots[chart];
    plot.figure = figure;
    if (plotly) return draw(chart);
    const fits = plot.still && String(adler32(figure)) === plot.still.dataset.base;
    plot.stillFigure = fits ? JSON.parse(figure) : undefined;
    plot.marker = undefined;
    if (fits) moveMarker(chart, marks()[chart]);
    else wantPlotly();
  }

  /** @param {Plot} plot */
  function shiftMarker(plot) {
    const { xaxis, yaxis } = plot.box._fullLayout ?? {};
    const drawn = plot.box.data?.at(-1);
    if (!xaxis || !drawn || !plot.marker) return; // Plotly is drawing it, and will get the new position
    const dx = xaxis.d2p(plot.marker[0]) - xaxis.d2p(drawn.x[0]);
    const dy = yaxis.d2p(plot.marker[1]) - yaxis.d2p(drawn.y[0]);
    drawnMarker(plot)?.setAttribute("transform", `translate(${dx},${dy})`);
  }

  /** @param {Plot} plot */
  function settleMarker(plot) {
    if (!plot.marker) return;
    drawnMarker(plot)?.removeAttribute("transform");
    plotly.restyle(plot.box, { x: [[plot.marker[0]]], y: [[plot.marker[1]]] }, [plot.box.data.length - 1]);
  }

  return {
    /** @type {(buffers: DataView[]) => Promise<void>} */
    loadPlotly: (buffers) => loadPlotly(buffers).catch((error) => console.error(error)), // the static drawings stay
    /** @type {(address: string) => Promise<void>} */
    loadPlotlyFrom: (address) => loadPlotlyFrom(address).catch((error) => console.error(error)),
    /** @type {(chart: string, marker: Marker) => void} */
    moveMarker: (chart, marker) => attempt(() => moveMarker(chart, marker)),
    moveMarkers: () => Object.keys(plots).forEach((chart) => attempt(() => moveMarker(chart, marks()[chart]))),
    drawAll: () => Object.keys(plots).forEach((chart) => attempt(() => draw(chart))),
    /** Redraw the charts whose width has changed. */
    fit: () => {
      for (const [chart, { box, drawn }] of Object.entries(plots)) {
        if (!drawn || box.clientWidth !== box._fullLayout.width) attempt(() => draw(chart));
      }
    },
    /** @type {(chart: string, figure: string) => void} */
    setFigure: (chart, figure) => attempt(() => setFigure(chart, figure)),
    /** Load Plotly as soon as a pre-rendered drawing scrolls into view. */
    watch: () => {
      for (const { box, still } of Object.values(plots)) if (still) inSight.observe(box);
    },
    /** Request plotly.js again if it was requested but hasn't arrived, because the answer may be lost. */
    askAgain: () => {
      if (wanted && !plotly) getPlotly();
    },
    dispose: () => {
      inSight.disconnect();
      for (const [chart, { box, settling }] of Object.entries(plots)) {
        clearTimeout(settling);
        plotly?.purge(box);
        delete plots[chart];
      }
    },
  };
}
