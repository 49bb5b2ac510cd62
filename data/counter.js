// lws-glib: WebSockets for the GLib main loop
// SPDX-License-Identifier: LGPL-2.1-or-later

// The number of dumb-increment-protocol, and a chart of the time between two.

const GAPS_MAX = 120;
const EXPECTED_GAP = 50;
// The chart's least height in ms, so that a calm line looks calm.
const CHART_HEIGHT_MIN = 100;
const RATE_WINDOW = 2000;
// With reduced motion, number and chart change this often.
const CALM_PERIOD = 1000;

const calm = matchMedia('(prefers-reduced-motion: reduce)');

export class Counter {
  #number;
  #canvas;
  #gapNow;
  #gaps = [];
  #arrivals = [];
  #value = 0;
  #drawnAt = 0;
  #frame = 0;

  constructor(section, link) {
    const reset = section.querySelector('#reset');

    this.#number = section.querySelector('.number');
    this.#canvas = section.querySelector('#gaps');
    this.#gapNow = section.querySelector('.gap-now');
    reset.addEventListener('click', () => link.send('reset\n'));
    link.addEventListener('text', event => this.#received(event.detail));
    link.addEventListener('state', () => {
      reset.disabled = link.state !== 'open';
      this.#arrivals = [];
    });
    new ResizeObserver(() => this.#drawSoon()).observe(this.#canvas);
  }

  // Numbers a second.
  get rate() {
    const from = performance.now() - RATE_WINDOW;
    const recent = this.#arrivals.filter(time => time > from);
    const span = recent.at(-1) - recent[0];

    return recent.length > 1 && span > 0 ? (recent.length - 1) * 1000 / span : null;
  }

  #received(text) {
    if (!/^\d{1,10}$/.test(text))
      return;

    const now = performance.now();

    this.#value = Number(text);
    if (this.#arrivals.length > 0)
      this.#gaps.push(now - this.#arrivals.at(-1));
    this.#arrivals.push(now);
    this.#gaps.splice(0, this.#gaps.length - GAPS_MAX);
    this.#arrivals.splice(0, this.#arrivals.length - GAPS_MAX);
    if (!calm.matches || now - this.#drawnAt >= CALM_PERIOD || this.#value === 0)
      this.#drawSoon();
  }

  #drawSoon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#drawnAt = performance.now();
      this.#draw();
    });
  }

  #draw() {
    if (this.#arrivals.length > 0)
      this.#number.textContent = this.#value.toLocaleString('en');
    if (this.#gaps.length > 0)
      this.#gapNow.textContent = `${this.#gaps.at(-1).toFixed(1)} ms`;
    this.#drawChart();
  }

  #drawChart() {
    const scale = devicePixelRatio;
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    const context = this.#canvas.getContext('2d');
    const style = getComputedStyle(this.#canvas);
    const top = Math.max(CHART_HEIGHT_MIN, ...this.#gaps) * 1.1;
    const x = index => width - 2 - (this.#gaps.length - 1 - index) * (width - 4) / (GAPS_MAX - 1);
    const y = gap => height - 1 - gap / top * (height - 2);

    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    context.scale(scale, scale);

    context.strokeStyle = style.getPropertyValue('--border');
    context.setLineDash([3, 4]);
    context.beginPath();
    context.moveTo(0, y(EXPECTED_GAP));
    context.lineTo(width, y(EXPECTED_GAP));
    context.stroke();
    if (this.#gaps.length < 2)
      return;

    const line = new Path2D();
    const area = new Path2D();

    this.#gaps.forEach((gap, index) => line.lineTo(x(index), y(gap)));
    area.addPath(line);
    area.lineTo(x(this.#gaps.length - 1), height);
    area.lineTo(x(0), height);

    context.fillStyle = context.strokeStyle = style.getPropertyValue('--chart');
    context.globalAlpha = 0.14;
    context.fill(area);
    context.globalAlpha = 1;
    context.setLineDash([]);
    context.lineWidth = 2;
    context.lineJoin = 'round';
    context.stroke(line);
  }
}
