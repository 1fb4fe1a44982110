/** The console's entry: theme without run-time styles (strict CSP), both languages, sign-in before anything else. */
import { App, ConfigProvider, theme } from 'antd';
import en from 'antd/locale/en_US';
import zh from 'antd/locale/zh_CN';
import { StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import 'antd/dist/antd.css';
import '../shared/page.css';
import '../shared/tile.css';
import './card.css';
import { type Language, rememberLanguage, sayIn, startLanguage } from '../shared/texts.ts';
import { Console } from './console.tsx';

function Page() {
  const [language, setLanguage] = useState<Language>(startLanguage);
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  rememberLanguage(language);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  return (
    <ConfigProvider
      locale={language === 'zh' ? zh : en}
      theme={{ zeroRuntime: true, hashed: false, cssVar: { key: 'campus' }, algorithm: dark ? theme.darkAlgorithm : theme.defaultAlgorithm }}
    >
      <App>
        <Console say={sayIn(language)} switchLanguage={() => setLanguage(language === 'zh' ? 'en' : 'zh')} language={language} />
      </App>
    </ConfigProvider>
  );
}

const page = document.getElementById('page');
if (page) {
  createRoot(page).render(
    <StrictMode>
      <Page />
    </StrictMode>,
  );
}
