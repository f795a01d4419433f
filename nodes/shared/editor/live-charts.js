/* global text, areaPath, counterNames, shortAmount, SHOWN_MS */
/* exported showStrip, showCharts, showCounters */

const CHART = { width: 300, height: 32, keptMs: SHOWN_MS };

/** An element of SVG. */
function svg(name, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function drawing(height) {
  return svg('svg', {
    viewBox: `0 0 ${CHART.width} ${height}`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
  });
}

/** Shows the states of each link over time. */
function showStrip(panel, device, { strip, now }) {
  panel.empty();
  device.links.forEach(({ state, host }, link) => {
    const picture = drawing(10);
    for (const { state: past, from, to } of strip.segments(link, now)) {
      const x = (at) => CHART.width * (1 - (now - at) / SHOWN_MS);
      const box = svg('rect', {
        x: x(from),
        y: 0,
        width: x(to) - x(from),
        height: 10,
        class: `esp-at-live-link-${past}`,
      });
      box.appendChild(svg('title', {})).textContent = text(`live.state.${past}`);
      picture.appendChild(box);
    }
    $('<div class="esp-at-live-row">')
      .append(
        $('<span class="esp-at-live-label">').text(`${text('label.link')} ${link}`),
        picture,
        $('<span class="esp-at-live-value">').text(
          state === 'open' && host ? host : text(`live.state.${state}`),
        ),
      )
      .appendTo(panel);
  });
}

/** Shows traffic each way and what waits to be sent. */
function showCharts(panel, { sent, received, queue, now }) {
  panel.empty();
  const bytes = (value) => shortAmount(value, 'B/s');
  const charts = [
    ['sent', sent.series, bytes],
    ['received', received.series, bytes],
    ['queue', queue, (value) => text('live.messages', { amount: shortAmount(value) })],
  ];
  for (const [name, series, described] of charts) {
    const picture = drawing(CHART.height);
    const path = svg('path', {
      d: areaPath(series.samples, now, CHART),
      class: `esp-at-live-${name}`,
    });
    picture.appendChild(path);
    $('<div class="esp-at-live-row esp-at-live-chart">')
      .append(
        $('<span class="esp-at-live-label">').text(text(`live.${name}`)),
        picture,
        $('<span class="esp-at-live-value">').text(described(series.last)),
      )
      .appendTo(panel);
  }
}

/** Shows counters, each with its name. */
function showCounters(panel, counts) {
  panel.empty();
  for (const name of counts ? counterNames : [])
    $('<div>')
      .append(
        $('<dt>').text(text(`live.counter.${name}`)),
        $('<dd>').text(shortAmount(counts.counters[name])),
      )
      .appendTo(panel);
}
