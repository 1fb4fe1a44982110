/** Stands in for @rc-component/util's dynamicCSS: style text goes into constructed sheets, which a strict CSP allows. */
const sheets = new Map<string, CSSStyleSheet>();

/** Returns a style element that is in no document: callers mark it, and read nothing from it. */
export function updateCSS(css: string, key: string): HTMLStyleElement {
  let sheet = sheets.get(key);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheets.set(key, sheet);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  sheet.replaceSync(css);
  return document.createElement('style');
}

export function removeCSS(key: string): void {
  const sheet = sheets.get(key);
  if (!sheet) return;
  sheets.delete(key);
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((adopted) => adopted !== sheet);
}

export function injectCSS(css: string, key: string): HTMLStyleElement {
  return updateCSS(css, key);
}

export function clearContainerCache(): void {
  // Nothing is cached by container here.
}
