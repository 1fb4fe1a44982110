/** The page's style and script: small enough to be texts, served as files of their own so that the CSP allows nothing inline. */

export const styleSheet = `
:root { color-scheme: light dark; font: 14px/1.5 system-ui, "Noto Sans CJK SC", sans-serif; }
body { margin: 0 auto; max-width: 76rem; padding: 1rem; }
header { display: flex; gap: 1rem; align-items: baseline; flex-wrap: wrap; }
h1 { font-size: 1.3rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 1.5rem 0 .4rem; }
.warning { color: #b45309; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; border-bottom: 1px solid #8884; vertical-align: top; }
td.code, code, pre { font-family: ui-monospace, monospace; font-size: .92em; }
pre { overflow-x: auto; background: #8881; padding: .5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
ul { padding-left: 1.2rem; margin: .2rem 0; }
.on::before { content: "●"; color: #15803d; margin-right: .3rem; }
.off::before { content: "▲"; color: #b91c1c; margin-right: .3rem; }
.empty { color: #777; }
form { display: flex; gap: 1rem; align-items: center; flex-wrap: wrap; }
button { font: inherit; padding: .05rem .5rem; }
select[multiple] { min-width: 30rem; max-width: 100%; height: 9rem; }
.error { color: #b91c1c; }
`;

/** Fetches the living part whenever the server says so; keeps open what somebody has opened, waits while somebody marks text to copy it, and remembers what to play. */
export const pageScript = `
const living = document.getElementById('living');
new EventSource('/beats').onmessage = async () => {
  const response = await fetch('/living', { credentials: 'same-origin' });
  const marked = getSelection();
  if (!response.ok || living.contains(document.activeElement) || (!marked.isCollapsed && living.contains(marked.anchorNode))) return;
  const open = new Set([...living.querySelectorAll('details[open]')].map(({ id }) => id));
  living.innerHTML = await response.text();
  for (const details of living.querySelectorAll('details')) details.open = open.has(details.id);
};
// Each click loads the page anew: what to play stays chosen.
for (const select of document.querySelectorAll('#act select')) {
  select.value = sessionStorage.getItem(select.name) ?? select.value;
  select.addEventListener('change', () => sessionStorage.setItem(select.name, select.value));
}
living.addEventListener('click', (event) => { if (event.target.matches('summary')) event.target.blur(); });
`;
