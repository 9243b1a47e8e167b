// What JupyterLab gives a widget, without JupyterLab: a model of traits, and a place to draw in. Run as a script.

class Model {
  constructor(state) {
    this.state = state;
    this.listeners = [];
    this.saved = 0;
  }
  get(name) {
    return this.state[name];
  }
  set(name, value) {
    this.take({ [name]: value });
  }
  take(values) {
    const changed = Object.entries(values).filter(([name, value]) => this.state[name] !== value);
    Object.assign(this.state, values);
    for (const [name] of changed) this.tell(`change:${name}`);
    if (changed.length) this.tell("change");
  }
  tell(event) {
    const heard = this.listeners.filter(([name]) => name === event);
    for (const [, listener] of heard) listener();
  }
  on(event, listener) {
    this.listeners.push([event, listener]);
  }
  off(event, listener) {
    this.listeners = this.listeners.filter(([name, heard]) => name !== event || heard !== listener);
  }
  save_changes() {
    this.saved += 1;
  }
  send(message) {
    this.sent = message;
  }
}

globalThis.stage = async (source, state) => {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: widget } = await import(address);
  const model = new Model(state);
  const el = document.createElement("div");
  document.querySelector("main").append(el);
  Object.assign(globalThis, { widget, model, stop: widget.render({ model, el }) });
};
