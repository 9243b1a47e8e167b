// JupyterLab takes arrow keys and letters for itself, also from a focused menu or check box. Inside this box it does not.

function leaveKeysTo(event) {
  event.target.dataset.lmSuppressShortcuts = "";
}

function render({ el }) {
  el.style.display = "none";
  requestAnimationFrame(() => el.parentElement?.addEventListener("focusin", leaveKeysTo));
}

export default { render };
