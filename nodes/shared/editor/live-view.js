/* global ResizeObserver, text, sentenceOf, LiveModel, TrafficList, showDevices, showStrip, showCharts, showCounters */
/* exported addLiveView */

/** Milliseconds between an answer and the next question. */
const POLL_MS = 500;

/** Pixels of height from which the charts leave room for the traffic. Node-RED 5 gives a tab half a sidebar. */
const CHARTS_HEIGHT = 560;

/** Adds the sidebar tab *ESP-AT*. It asks for nothing while it is hidden. */
function addLiveView() {
  const model = new LiveModel();
  const traffic = new TrafficList(() => model.view?.rows ?? []);
  const content = $('<div class="esp-at-live">');
  const part = (name) => $(`<div class="esp-at-live-${name}">`);
  const note = part('note').attr('role', 'status').hide();
  const help = part('help').html(text('live.help')).hide();
  const [devices, strip, charts] = [part('devices'), part('strip'), part('charts')];
  const counters = $('<dl class="esp-at-live-counters">');
  const folded = (name, ...inside) =>
    $('<details>').append($('<summary>').text(text(`live.${name}`)), ...inside);
  const details = [folded('charts', charts), folded('counters', counters)];
  content.append(note, devices, help, strip, ...details, toolbar(), traffic.elements.list);
  openWhereItFits(details[0]);
  RED.sidebar.addTab({
    id: 'esp-at',
    label: 'ESP-AT',
    name: text('live.name'),
    iconClass: 'fa fa-microchip',
    action: 'esp-at:show-live-view',
    content,
    enableOnEdit: true,
  });
  RED.actions.add('esp-at:show-live-view', () => RED.sidebar.show('esp-at'));
  poll();

  /** Opens the charts while there is room for them, until the user decides. */
  function openWhereItFits(charts) {
    const fit = new ResizeObserver(() => charts.prop('open', content.height() >= CHARTS_HEIGHT));
    fit.observe(content[0]);
    charts.find('summary').on('click', () => fit.disconnect());
  }

  function toolbar() {
    const button = (name, icon, act) =>
      $('<button type="button" class="red-ui-button red-ui-button-small">')
        .attr({
          id: `esp-at-live-${name}`,
          title: text(`live.${name}`),
          'aria-label': text(`live.${name}`),
        })
        .append($(`<i class="fa fa-${icon}">`))
        .on('click', act);
    const pause = button('pause', 'pause', () => {
      const { view } = model;
      if (!view) return;
      view.isPaused = !view.isPaused;
      redraw();
    });
    const copy = button('copy', 'clipboard', () => {
      if (RED.clipboard.copyText(traffic.text)) RED.notify(text('live.copied'), { timeout: 2000 });
    });
    const clear = button('clear', 'ban', () => {
      model.view?.clear();
      redraw();
    });
    const about = button('about', 'question', () => help.toggle());
    const { group, search } = traffic.elements;
    return part('tools').append(
      group,
      search,
      pause,
      copy,
      clear,
      button('save', 'download', save),
      about,
    );
  }

  /** Shows the rows of the view, and whether it is paused. */
  function redraw() {
    const pause = content.find('#esp-at-live-pause');
    const isPaused = model.view?.isPaused === true;
    const name = text(isPaused ? 'live.resume' : 'live.pause');
    pause.attr({ title: name, 'aria-label': name });
    pause.find('i').attr('class', `fa fa-${isPaused ? 'play' : 'pause'}`);
    traffic.redraw();
  }

  function poll() {
    const again = () => setTimeout(poll, POLL_MS);
    if (document.hidden || !content.is(':visible')) return again();
    const asked = model.view;
    const take = (answer) => show(answer, asked);
    $.getJSON('esp-at-websocket/live', model.query).done(take).fail(fail).always(again);
  }

  function show(answer, asked) {
    note.hide();
    const before = model.view;
    const rows = model.take(answer, asked);
    const { device, view } = model;
    showDevices(devices, model.devices, view?.id, (id) => {
      model.choose(id);
      redraw();
    });
    for (const element of [strip, ...details]) element.toggle(view !== undefined);
    if (!device || !view) return;
    // A device that is stopped tells no time.
    if (answer.traffic) traffic.offset = Date.now() - view.now;
    showStrip(strip, device, view);
    showCharts(charts, view);
    showCounters(counters, device.counts);
    if (before === view) traffic.add(rows);
    else redraw();
  }

  function fail(reply) {
    note.text(reasonOf(reply)).show();
  }

  function reasonOf({ status, responseJSON }) {
    if (responseJSON?.error?.code) return sentenceOf(text, responseJSON.error);
    return text(status === 401 || status === 403 ? 'live.noPermission' : 'live.noAnswer');
  }

  function save() {
    const { device } = model;
    if (!device) return;
    const time = new Date().toISOString().replace(/[:.]/g, '-').slice(0, 19);
    $.get(`esp-at-websocket/recording/${encodeURIComponent(device.id)}`)
      .done((recording) => {
        const url = URL.createObjectURL(new Blob([recording]));
        const name = `esp-at-${device.name.replace(/[^\w.-]+/g, '-')}-${time}.jsonl`;
        $('<a>').attr({ href: url, download: name })[0].click();
        URL.revokeObjectURL(url);
      })
      .fail((reply) => RED.notify(RED.utils.sanitize(reasonOf(reply)), 'warning'));
  }
}
