// What latency.py measures with, in a JupyterLab page beside in_jupyterlab.js; put into it before it starts.

const clock = () => performance.now();
// Look at every frame until it is so; give up after ten seconds.
const until = async (right, most = 600) => {
  await new Promise(requestAnimationFrame);
  if (!right() && most > 0) await until(right, most - 1);
};
const twice = () => {
  let seen = 0;
  return until(() => (seen += 1) > 1);
};
const kernelHere = () => globalThis.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
const HARD = ["keydown", "keyup", "pointerdown", "pointermove", "pointerup"]; // what the reader does
const SOFT = ["input", "change"]; // what the browser makes of it
const VIEW = "application/vnd.jupyter.widget-view+json";
const CONTROLS = ".unrolled-controls :is(input, select, button), .bare input";

let sample = null; // the present one
const messages = { sent: 0, done: 0 };

function follow(root) {
  const observer = new MutationObserver(() => {
    if (!sample) return;
    sample.changed = clock();
    root.getBoundingClientRect(); // the layout that the change asks for
    sample.began ??= sample.hard ?? sample.soft ?? null;
    sample.first ??= clock();
    sample.last = clock();
    sample.after ||= sample.told;
  });
  observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  return observer;
}

for (const name of [...HARD, ...SOFT]) {
  globalThis.addEventListener(name, ({ timeStamp, isTrusted }) => {
    if (sample && isTrusted && sample.began === undefined) sample[HARD.includes(name) ? "hard" : "soft"] = timeStamp;
  }, true);
}

// Count what is on its way to the kernel, and note what it answers.
function hear(_kernel, { msg: { header, parent_header: parent, content }, direction }) {
  if (direction === "send") messages.sent += Number(header.msg_type === "comm_msg");
  else if (header.msg_type === "status" && content.execution_state === "idle") messages.done += Number(parent.msg_type === "comm_msg");
  else if (header.msg_type === "comm_msg" && content.data.method === "update" && sample) sample.told = true;
}

// ── From the cell to its picture ───────────────────────────────────────────────────────────────────────────────────

let cells = {}; // by id: when the kernel began, showed the widget and replied, when it was drawn
let executed = {}; // the cell's id by that of the message that runs it

function hearCells(_kernel, { msg: { header, parent_header: parent, metadata, content }, direction }) {
  if (direction === "send" && header.msg_type === "execute_request" && metadata.cellId) executed[header.msg_id] = metadata.cellId;
  const cell = executed[parent.msg_id];
  if (!cell) return;
  cells[cell] ??= {};
  if (header.msg_type === "status" && content.execution_state === "busy") cells[cell].began = clock();
  if (header.msg_type === "execute_reply") cells[cell].replied = clock();
  if (content.data?.[VIEW]) cells[cell].shown ??= clock();
}

function stamp() {
  for (const root of document.querySelectorAll(".unrolled:not([data-stamped]):has(.unrolled-drawing :is(svg, canvas))")) {
    root.dataset.stamped = "";
    root.getBoundingClientRect();
    const { id } = globalThis.jupyterapp.shell.currentWidget.content.widgets.find((cell) => cell.node.contains(root)).model;
    cells[id] ??= {};
    cells[id].drawn ??= clock();
  }
}

globalThis.latency = {
  rest: twice, // the pointer has come to rest
  begin: () => {
    kernelHere().anyMessage.connect(hear);
    kernelHere().anyMessage.connect(hearCells);
    new MutationObserver(stamp).observe(document.body, { subtree: true, childList: true });
  },
  cells: () => cells,
  again: async (id) => {
    cells = {};
    executed = {};
    const { content } = globalThis.jupyterapp.shell.currentWidget;
    content.activeCellIndex = [...content.model.cells].findIndex((cell) => cell.id === id);
    await globalThis.jupyterapp.commands.execute("notebook:run-cell");
    await until(() => cells[id]?.drawn);
    return cells[id];
  },

  // Make ready for an input of the n-th control; gives where it stands, from 0 to 1. Without n it is the drawing's.
  arm: async ([selector, n]) => {
    const root = document.querySelector(selector);
    const node = n === null ? root.querySelector(".unrolled-drawing") : root.querySelectorAll(CONTROLS)[n];
    if (document.activeElement !== node) {
      node.focus({ preventScroll: true });
      await twice();
    }
    sample?.observer.disconnect();
    sample = { observer: follow(root), told: false, after: false };
    const { min, max, value, type, options, selectedIndex } = node;
    if (type === "range") return (value - min) / (max - min);
    return options ? selectedIndex / (options.length - 1) : null;
  },
  // Until two frames have passed without a change (and, if `settled`, the kernel has nothing left to do): how long it took
  // to the end of the first change and of the last, with their layout, and of the last without it, in ms; null where
  // there was none. `asked`: the last came from the kernel.
  done: async (settled) => {
    let [last, quiet] = [null, 0];
    await until(() => {
      quiet = (settled && messages.done < messages.sent) || sample.last !== last ? 0 : quiet + 1;
      last = sample.last;
      return quiet > 1;
    });
    const { began, first, changed, last: end, after, observer } = sample;
    observer.disconnect();
    sample = null;
    return end === undefined || began === null ? null : { first: first - began, changed: changed - began, last: end - began, asked: after };
  },
};
