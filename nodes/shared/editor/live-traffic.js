/* global text, rowMatches, rowText, MAX_ROWS */
/* exported TrafficList */

const ARROWS = { host: '→', device: '←', driver: '•' };
const GROUPS = ['all', 'commands', 'urcs', 'messages', 'driver'];

/** The list of what passes the port, with its filter. */
class TrafficList {
  /** Milliseconds between the device's clock and the time of day. */
  offset = 0;
  #group = $('<select>').attr('aria-label', text('live.show'));
  #search = $('<input type="text">').attr({
    placeholder: text('live.filter'),
    'aria-label': text('live.filter'),
  });
  #list = $('<div class="esp-at-live-list" role="list" tabindex="0">').attr(
    'aria-label',
    text('live.traffic'),
  );
  #rows = () => [];

  /** @param {() => readonly object[]} rows of the view */
  constructor(rows) {
    this.#rows = rows;
    for (const group of GROUPS)
      this.#group.append(
        $('<option>')
          .val(group)
          .text(text(`live.group.${group}`)),
      );
    this.#group.on('change', () => this.redraw());
    this.#search.on('input', () => this.redraw());
  }

  get elements() {
    return { group: this.#group, search: this.#search, list: this.#list };
  }

  /** Shows all rows of the view. */
  redraw() {
    this.#list.empty();
    this.#append(this.#rows());
    this.#scrollDown();
  }

  /** Shows new rows below. */
  add(rows) {
    if (rows.length === 0) return;
    const list = this.#list[0];
    const isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    this.#append(rows);
    while (list.childElementCount > MAX_ROWS) list.firstElementChild.remove();
    if (isAtEnd) this.#scrollDown();
  }

  /** The rows that it shows, as text. */
  get text() {
    return this.#shown(this.#rows())
      .map((row) => {
        const { folded, whole } = rowText(row);
        const label = row.from === 'driver' ? `${text(`live.kind.${row.kind}`)}: ` : '';
        return `${this.#time(row)} ${ARROWS[row.from]} ${label}${whole ?? folded}`;
      })
      .join('\n');
  }

  #append(rows) {
    const all = document.createDocumentFragment();
    for (const row of this.#shown(rows)) all.appendChild(this.#element(row));
    this.#list[0].appendChild(all);
  }

  #shown(rows) {
    const group = this.#group.val();
    const search = this.#search.val();
    return rows.filter((row) => rowMatches(row, group, search));
  }

  #element(row) {
    const { folded, whole } = rowText(row);
    const element = $('<div role="listitem">').addClass(
      `esp-at-live-line esp-at-live-from-${row.from} esp-at-live-kind-${row.kind}`,
    );
    $('<span class="esp-at-live-time">').text(this.#time(row)).appendTo(element);
    $('<span class="esp-at-live-arrow">')
      .text(ARROWS[row.from])
      .attr('title', text(`live.from.${row.from}`))
      .appendTo(element);
    if (row.kind === 'urc' || row.kind === 'data')
      $('<span class="esp-at-live-urc">URC</span>').appendTo(element);
    if (row.from === 'driver')
      $('<span class="esp-at-live-badge">')
        .text(text(`live.kind.${row.kind}`))
        .appendTo(element);
    const content = $('<span class="esp-at-live-text">').text(folded).appendTo(element);
    if (whole !== undefined) {
      const fold = $('<button type="button" class="esp-at-live-fold" aria-expanded="false">').text(
        text('live.unfold'),
      );
      fold.on('click', () => {
        const isOpen = fold.attr('aria-expanded') === 'true';
        fold
          .attr('aria-expanded', String(!isOpen))
          .text(text(isOpen ? 'live.unfold' : 'live.fold'));
        content.text(isOpen ? folded : whole);
      });
      fold.insertAfter(content);
    }
    return element[0];
  }

  #time({ at }) {
    const time = new Date(at + this.offset);
    const two = (number, digits = 2) => String(number).padStart(digits, '0');
    return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${two(time.getMilliseconds(), 3)}`;
  }

  #scrollDown() {
    this.#list.scrollTop(this.#list[0].scrollHeight);
  }
}
