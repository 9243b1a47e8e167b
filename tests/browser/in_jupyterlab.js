// What the tests ask of a JupyterLab page; put into it before it starts. Lab hides a widget's model in the manager of
// the cell's outputs, which is found through the renderer that drew it.

const MANAGER = "_manager"; // a promise
const LAYOUT = new Set(["layout", "tabbable", "tooltip", "answered"]); // the last counts, and is no state
const page = () => globalThis.jupyterapp.shell.currentWidget;
const kernel = () => page().sessionContext.session.kernel;
const outputs = () => page().content.widgets.filter((cell) => cell.outputArea);

const asked = new Set(); // what widgets have sent to the kernel, and it has not dealt with yet

// A long text by its checksum.
async function short(value) {
  if (typeof value !== "string" || value.length <= 1000) return value;
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(value)));
  return `sha256 ${[...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

function* below(widget) {
  yield widget;
  for (const child of widget.children?.() ?? []) yield* below(child);
}

// Each drawn widget of the course: the id of its cell and of its model, and where it stands on the page.
async function found() {
  const drawn = outputs().flatMap((cell) =>
    [...below(cell.outputArea)].filter((each) => each[MANAGER]).map((renderer) => ({ cell, renderer })),
  );
  const roots = [...page().node.querySelectorAll(".unrolled")];
  const widgets = await Promise.all(
    roots.map(async (root) => {
      const { cell, renderer } = drawn.find(({ renderer: each }) => each.node.contains(root));
      const output = cell.outputArea.widgets.findIndex((each) => each.node.contains(root));
      const { model_id: id } = cell.outputArea.model.get(output).data["application/vnd.jupyter.widget-view+json"];
      const manager = await renderer[MANAGER].promise;
      return { root, id, cell: cell.model.id, model: await manager.get_model(id) };
    }),
  );
  return widgets;
}

globalThis.course = {
  idle: () => globalThis.jupyterapp && page()?.sessionContext?.session?.kernel?.status === "idle",
  // From now on keep what the kernel says has gone wrong: a callback's error may come at any time, and from no cell.
  listen: () => {
    kernel().iopubMessage.connect((_kernel, { header, content }) => {
      if (header.msg_type === "error") globalThis.course.heard.push(`in the kernel: ${content.ename}: ${content.evalue}`);
    });
    kernel().anyMessage.connect((_kernel, { msg: { header, parent_header: parent, content }, direction }) => {
      if (direction === "send" && header.msg_type === "comm_msg") asked.add(header.msg_id);
      if (direction === "recv" && content.execution_state === "idle") asked.delete(parent.msg_id);
    });
  },
  heard: [],
  answered: () => asked.size === 0,
  save: () => globalThis.jupyterapp.commands.execute("docmanager:save"),
  runAll: () => globalThis.jupyterapp.commands.execute("notebook:run-all-cells"),
  theme: (name) => globalThis.jupyterapp.commands.execute("apputils:change-theme", { theme: name }),
  cells: () => [page().content.model.cells.length, page().content.activeCellIndex, page().content.mode],
  wrong: () =>
    [...page().content.model.cells]
      .filter((cell) => cell.type === "code")
      .flatMap((cell) => {
        if (cell.executionCount === null) return [`${cell.id}: did not run`];
        const bad = cell.outputs.toJSON().filter((output) => output.output_type === "error" || output.name === "stderr");
        return bad.map((output) => `${cell.id}: ${output.evalue ?? output.text}`);
      }),

  // Run code out of sight, and give what an expression is after it, as the kernel writes it.
  ask: async ([code, expression]) => {
    const wanted = { code, silent: true, store_history: false, user_expressions: { it: expression } };
    const { content } = await kernel().requestExecute(wanted).done;
    if (content.status !== "ok") throw new Error(`${content.ename}: ${content.evalue}`);
    if (content.user_expressions.it.status !== "ok") throw new Error(JSON.stringify(content.user_expressions.it));
    return content.user_expressions.it.data["text/plain"];
  },

  find: async () => {
    globalThis.course.widgets = await found();
    return globalThis.course.widgets.map(({ id, cell, root }, n) => {
      root.dataset.at = n;
      return { id, cell, at: n };
    });
  },
  traits: async (n) => {
    const { attributes } = globalThis.course.widgets[n].model;
    const own = Object.entries(attributes).filter(([name]) => !name.startsWith("_") && !LAYOUT.has(name));
    const values = await Promise.all(own.map(async ([name, value]) => [name, await short(value)]));
    return JSON.stringify(Object.fromEntries(values));
  },
  seen: (n) => {
    const { root } = globalThis.course.widgets[n];
    const painted = [...root.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL());
    const [drawn, says, problem] = ["drawing", "says", "problem"].map((part) => root.querySelector(`.unrolled-${part}`));
    const pressed = [...root.querySelectorAll("[aria-pressed]")].map((node) => node.ariaPressed).join(" ");
    const drawing = drawn.cloneNode(true); // but for what is not seen of it
    for (const node of drawing.querySelectorAll("[hidden]")) node.remove();
    for (const node of drawing.querySelectorAll("[class='']")) node.removeAttribute("class");
    return { pressed, picture: [drawing.innerHTML, ...painted].join("\n"), says: says.textContent, problem: problem.textContent };
  },
};
