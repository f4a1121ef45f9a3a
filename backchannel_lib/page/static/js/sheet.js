// @ts-check
// The one-page sheet: it prints without the rest of its page and can be copied as text.

/** The element that prints instead of the page while there is a sheet. */
export function createPrinted() {
  /** @type {HTMLElement | null} */
  let paper = null;
  function dispose() {
    paper?.remove();
    paper = null;
  }
  return {
    /** @param {Element} place where the sheet is shown, or a sentence if there is none */
    update: (place) => {
      const sheet = place.querySelector(".bw-paper");
      if (!sheet) return dispose();
      if (!paper) {
        paper = document.createElement("div");
        paper.className = "bw-print";
        paper.setAttribute("aria-hidden", "true"); // it is invisible on screen, where the page has the same content
        document.body.append(paper);
      }
      paper.innerHTML = sheet.outerHTML;
      for (const one of paper.querySelectorAll("[tabindex]")) one.removeAttribute("tabindex");
    },
    dispose,
  };
}

/**
 * Copy a text; return whether the browser allowed it.
 * @param {HTMLTextAreaElement} text
 */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text.value);
    return true;
  } catch {
    // Without clipboard access, for example on a page without https, execCommand still works if the text is visible.
    const fold = text.closest("details");
    if (fold) fold.open = true;
    text.focus();
    text.select();
    return document.execCommand("copy");
  }
}
