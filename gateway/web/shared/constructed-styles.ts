/** Stands in for @rc-component/util's dynamicCSS: style text goes into constructed sheets, which a strict CSP allows. */
const sheets = new Map<string, CSSStyleSheet>();

export function updateCSS(css: string, key: string): void {
  let sheet = sheets.get(key);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheets.set(key, sheet);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  sheet.replaceSync(css);
}

export function removeCSS(key: string): void {
  const sheet = sheets.get(key);
  if (!sheet) return;
  sheets.delete(key);
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((adopted) => adopted !== sheet);
}

export function injectCSS(css: string, key: string): void {
  updateCSS(css, key);
}
export const clearContainerCache = (): void => undefined;
