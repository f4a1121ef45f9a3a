// @ts-check
// The sheet to take away: on paper it stands alone, whatever page it is on, and it can be copied as text.

/** What is printed in place of the page, while there is a sheet. */
export function createPrinted() {
  /** @type {HTMLElement | null} */
  let paper = null;
  function dispose() {
    paper?.remove();
    paper = null;
  }
  return {
    /** @param {Element} place where the sheet is shown, or a sentence while there is none */
    update: (place) => {
      const sheet = place.querySelector(".bw-paper");
      if (!sheet) return dispose();
      if (!paper) {
        paper = document.createElement("div");
        paper.className = "bw-print";
        paper.setAttribute("aria-hidden", "true"); // on screen it is nowhere, and the page has the same words
        document.body.append(paper);
      }
      paper.innerHTML = sheet.outerHTML;
      for (const one of paper.querySelectorAll("[tabindex]")) one.removeAttribute("tabindex");
    },
    dispose,
  };
}

/**
 * Copy a text; returns whether the browser let us.
 * @param {HTMLTextAreaElement} text
 */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text.value);
    return true;
  } catch {
    // No clipboard, or not allowed, as on a page without https: the old way works where the text is in sight.
    const fold = text.closest("details");
    if (fold) fold.open = true;
    text.focus();
    text.select();
    return document.execCommand("copy");
  }
}
