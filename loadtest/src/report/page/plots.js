// Runs in the page of a report, inlined: draws the plots from the data beside it. No network, no module, no build.
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const sync = uPlot.sync("run");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const HEIGHT = 200;
  const DASHES = [undefined, [8, 5], [2, 4]];
  const plots = [];

  const axis = (more) => ({
    stroke: colour("--quiet"),
    grid: { stroke: colour("--line"), width: 1 },
    ticks: { stroke: colour("--line"), width: 1 },
    ...more,
  });
  const clock = (s) => (s >= 3600 ? `${(s / 3600).toFixed(1)} h` : s >= 300 ? `${Math.round(s / 60)} min` : `${s} s`);
  const number = (value) =>
    value === null || value === undefined ? "–" : value.toLocaleString("en-GB", { maximumFractionDigits: 2 });

  function draw(chart, place) {
    const series = chart.series.map(({ label }, at) => ({
      label,
      stroke: colour(`--series-${(at % 6) + 1}`),
      width: 2,
      // Lines often lie on each other: what is below shows through, and colour is not the only difference.
      dash: DASHES[at % DASHES.length],
      spanGaps: false,
      points: { show: chart.x.length < 3 },
      value: (_, value) => (value === null ? "–" : `${number(value)} ${chart.unit}`.trim()),
    }));
    const options = {
      width: Math.max(240, place.clientWidth),
      height: HEIGHT,
      cursor: { sync: { key: sync.key }, y: false },
      legend: { live: true },
      scales: { x: { time: false }, y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.05] } },
      axes: [
        axis({ values: (_, ticks) => ticks.map(clock), space: 60 }),
        axis({ size: 64, values: (_, ticks) => ticks.map(number) }),
      ],
      series: [{ label: "at", value: (_, value) => (value === null ? "–" : clock(value)) }, ...series],
    };
    return new uPlot(options, [chart.x, ...chart.series.map(({ values }) => values)], place);
  }

  function drawAll() {
    for (const plot of plots.splice(0)) plot.destroy();
    for (const place of document.querySelectorAll("[data-chart]"))
      plots.push(draw(charts[Number(place.dataset.chart)], place));
  }

  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  let resizing;
  addEventListener("resize", () => {
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      for (const plot of plots)
        plot.setSize({ width: Math.max(240, plot.root.parentElement.clientWidth), height: HEIGHT });
    }, 100);
  });
})();
