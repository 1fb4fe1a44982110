import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** antd's only run-time style injector is replaced by constructed style sheets, so that `style-src 'self'` holds. */
const constructedStyles: Plugin = {
  name: 'constructed-styles',
  enforce: 'pre',
  resolveId: (source) => (/dynamicCSS(\.js)?$/.test(source) ? here('./shared/constructed-styles.ts') : undefined),
};

export default defineConfig({
  root: here('.'),
  base: '/',
  plugins: [constructedStyles, react()],
  build: {
    outDir: here('../../dist/web'),
    emptyOutDir: true,
    assetsDir: 'assets',
    modulePreload: { polyfill: false },
    rollupOptions: { input: { console: here('./index.html'), wall: here('./wall.html') } },
    chunkSizeWarningLimit: 1_600,
  },
});
