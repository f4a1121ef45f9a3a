// Makes chapters in JupyterLab run automatically, hides their code, and protects them from stray keys.
//
// JupyterLab loads this file unchanged: it is a hand-written module-federation container, so there is nothing to build.
// The server marks chapters, and whether they can run automatically, in the notebook's metadata
// (backchannel_lib/notebook/chapter_copies.py). The kernel knows whether it has run one (notebook/kernel_record.py).
(() => {
  const NAME = "backchannel-chapters";
  const WIDGET_VIEW = "application/vnd.jupyter.widget-view+json";
  const POLL_MS = 250; // between two checks on a chapter that another tab is running
  const POLLS = 240;
  const RECORD = "__import__('importlib').import_module('backchannel_lib.notebook.kernel_record').";

  // Give prose the activities' sizes and spaces (page/static/panel.css), even in chapters without activities, which don't load
  // that file. The sizes are on :root, because JupyterLab's command for larger text sets them there and has to win.
  const PROSE = `
    html:root {
      --jp-content-font-size1: 16px; --jp-content-font-size2: 1em; --jp-content-font-size3: 1.2em; --jp-content-font-size4: 1.5em;
      --jp-content-font-size5: 2em; --jp-content-line-height: 1.5; --jp-content-heading-font-weight: 700;
      --jp-content-heading-line-height: 1.25; --jp-content-heading-margin-top: 1.33em; --jp-content-heading-margin-bottom: 0.33em;
      --jp-code-font-size: 14px;
    }
    .bw-chapter :is(.jp-MarkdownOutput :is(p, ul, ol), .jp-RenderedHTML > ul) { max-width: 66ch; box-sizing: border-box; }
    .bw-chapter .jp-MarkdownOutput table, .bw-chapter .dataframe { margin-inline: 0; font-size: 1em; }
    .bw-chapter :is(.jp-MarkdownOutput, .dataframe) :is(th, td) {
      text-align: left !important; vertical-align: top !important; padding: 4px 12px 4px 0; white-space: normal; line-height: 1.4; max-width: 40ch;
      background: none; border-bottom: 1px solid #767676;
    }
    .bw-chapter .bw-source { font-size: 0.875em; font-weight: 400; } /* as on the site */
    @media (min-width: 22em) { .bw-chapter .bw-short { white-space: nowrap; } }
    .bw-chapter .dataframe :is(th, td) { font-size: 0.875rem; }
    .bw-chapter .dataframe :is(th, td):first-child { padding-left: 5px; }
    .bw-chapter .jp-OutputArea-output pre { word-break: normal; overflow-wrap: anywhere; }
    @media (max-width: 700px) {
      .bw-chapter :is(.jp-InputPrompt, .jp-OutputPrompt, .jp-OutputArea-promptOverlay) { display: none; }
      .bw-chapter .jp-Notebook .jp-Cell { padding-inline: 0; }
    }
  `;

  // Chapters for readers show only prose and activities, without the rest of a notebook.
  const READING = `
    .bw-reading .jp-CodeCell > .jp-Cell-inputWrapper, .bw-reading .jp-Cell-inputCollapser, .bw-reading .jp-Cell-outputCollapser,
    .bw-reading .jp-InputPrompt, .bw-reading .jp-OutputPrompt, .bw-reading .jp-OutputArea-promptOverlay,
    .bw-reading .jp-Notebook-footer { display: none; }
    .bw-reading .jp-Notebook .jp-Cell, .bw-reading .jp-Notebook .jp-Cell::before,
    .bw-reading .jp-Notebook .jp-Cell .jp-MarkdownOutput { border: 0 !important; outline: 0 !important; box-shadow: none !important; }
    .bw-reading .jp-MarkdownOutput { padding: 0 8px; } /* the left edge of the activities' text */
    .bw-reading.jp-NotebookPanel { padding: 0 !important; }
    .bw-reading .jp-Notebook .jp-Cell { padding: 0; max-width: 72rem; margin-inline: auto; }
    .bw-reading .jp-Notebook .jp-Cell .jp-OutputArea-output { padding: 0; }
  `;

  /** Call a function of a kernel's record and return its answer; null if the kernel keeps no record. */
  async function ask(kernel, call) {
    const request = { code: "", silent: true, store_history: false, user_expressions: { answer: RECORD + call } };
    const reply = await kernel.requestExecute(request).done;
    return reply.content.user_expressions?.answer?.data?.["application/json"] ?? null;
  }

  /** Put a kernel's widgets into outputs that were saved without them. */
  function attach(cells, shown) {
    for (const cell of cells) {
      for (const { place, output } of shown[cell.id] ?? []) {
        const outputs = cell.outputs;
        const displays = [];
        for (let at = 0; at < outputs.length; at++) {
          if (["display_data", "execute_result"].includes(outputs.get(at).type)) displays.push(at);
        }
        const at = displays[place];
        if (at === undefined) outputs.add(output);
        else if (!outputs.get(at).data[WIDGET_VIEW]) outputs.set(at, output);
      }
    }
  }

  /** Run a chapter that hasn't run, or attach the widgets that a notebook's kernel already has. */
  async function enliven(panel, chapter, { CodeCell, Notification }) {
    const kernel = panel.sessionContext.session?.kernel;
    if (!kernel) return;
    const cells = [...panel.content.model.cells].filter((cell) => cell.type === "code");
    const trusted = cells.every((cell) => cell.trusted);
    if (chapter?.run && !trusted) {
      Notification.info(chapter.not_trusted, { autoClose: false });
      return;
    }
    await kernel.info;
    let record = await ask(kernel, chapter?.run ? "claim()" : "state()");
    if (!record || panel.isDisposed) return;
    panel.node.dataset.runByItself = ""; // tells page/static/js/placement.js not to scroll
    if (record.claimed) {
      // JupyterLab's own command would scroll to the last cell. Start all cells at once, because the kernel queues them.
      const code = panel.content.widgets.filter((cell) => cell.model.type === "code");
      await Promise.all(code.map((cell) => CodeCell.execute(cell, panel.sessionContext, { deletedCells: [] })));
    } else {
      for (let poll = 0; poll < POLLS && !panel.isDisposed; poll++) {
        attach(cells, record.shown);
        if (!chapter?.run || record.executed >= cells.length) break;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        record = await ask(kernel, "state()");
      }
    }
    // The reader hasn't changed anything yet, so don't ask on closing, and don't save automatically.
    if (!panel.isDisposed) panel.model.dirty = false;
  }

  /** Close the side bars and hide the file's name, because a second window starts with JupyterLab's own layout. */
  function makeRoom(shell) {
    shell.collapseLeft();
    shell.collapseRight();
    for (const side of ["left", "right"]) {
      if (shell.isSideTabBarVisible(side)) shell.toggleSideTabBarVisibility(side);
    }
    if (shell.isTopInSimpleModeVisible()) shell.toggleTopInSimpleModeVisibility();
  }

  /** Make a source in prose, such as [article, line 38], quieter than its sentence as soon as it appears. */
  function quietSources(cell) {
    const mark = () => {
      for (const bold of cell.node.querySelectorAll(".jp-MarkdownOutput strong")) {
        const source = /^\[.*\]$/s.test(bold.textContent);
        bold.classList.toggle("bw-source", source);
        bold.classList.toggle("bw-short", source && bold.textContent.length <= 24);
      }
    };
    new MutationObserver(mark).observe(cell.node, { childList: true, subtree: true });
    mark();
  }

  async function opened(panel, lab) {
    await panel.context.ready;
    const mark = panel.model.getMetadata("backchannel");
    const chapter = mark?.path === panel.context.path ? mark : null;
    if (chapter) {
      panel.addClass("bw-chapter");
      panel.content.widgets.filter((cell) => cell.model.type === "markdown").forEach(quietSources);
    }
    if (chapter?.reading) {
      panel.addClass("bw-reading");
      panel.toolbar.hide(); // and the notebook moves up into its place
      // D D, X, M, A and so on are Lumino shortcuts. Lumino skips them if the focused element has this attribute.
      const suppress = ({ target }) => target.setAttribute("data-lm-suppress-shortcuts", "true");
      panel.node.addEventListener("focusin", suppress, true);
      for (const node of [panel.node, ...panel.node.querySelectorAll("[tabindex]")]) suppress({ target: node });
    }
    await panel.sessionContext.ready;
    const start = () => enliven(panel, chapter, lab).catch((error) => console.warn(`${NAME}:`, error));
    panel.sessionContext.kernelChanged.connect((_, { newValue }) => newValue && start());
    await start();
  }

  (window._JUPYTERLAB ??= {})[NAME] = {
    init(scope) {
      this.scope = scope;
    },
    async get() {
      const load = async (name) => (await Object.values(this.scope[name])[0].get())();
      const [{ ILabShell }, { CodeCell }, { INotebookTracker, NotebookActions }, { Notification }] = await Promise.all([
        load("@jupyterlab/application"),
        load("@jupyterlab/cells"),
        load("@jupyterlab/notebook"),
        load("@jupyterlab/apputils"),
      ]);
      const plugin = {
        id: `${NAME}:plugin`,
        autoStart: true,
        requires: [INotebookTracker, ILabShell],
        activate(app, tracker, shell) {
          if (location.pathname.includes("/workspaces/auto-")) app.restored.then(() => makeRoom(shell));
          document.head.append(Object.assign(document.createElement("style"), { textContent: PROSE + READING }));
          NotebookActions.executionScheduled.connect((_, { notebook }) => delete notebook.parent.node.dataset.runByItself);
          tracker.widgetAdded.connect((_, panel) => opened(panel, { CodeCell, Notification }));
        },
      };
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
