/** Pictures in a grid of 1, 4, 9 or 16, with one cell reserved for alarms: it never covers a picture and never takes the focus. */
import { useEffect, useState } from 'react';
import { useSchool } from '../shared/school.ts';
import { rememberLanguage, sayIn, startLanguage } from '../shared/texts.ts';
import { Tile } from '../shared/tile.tsx';
import { clockText } from '../shared/time-text.ts';
import { AlarmCell } from './alarm-cell.tsx';
import { useAlarmSound } from './alarm-sound.ts';

const layouts = [1, 4, 9, 16] as const;
type LayoutSize = (typeof layouts)[number];
/** The key 0 stands for 16, as on the keyboards of video walls. */
const layoutKeys: Readonly<Record<string, LayoutSize>> = { 1: 1, 4: 4, 9: 9, 0: 16 };
/** Up to so many pictures may each use the quickest way. */
const fewPictures = 4;
const remembered = 'campus-gateway.wall.layout';

export function Wall() {
  const school = useSchool('wall');
  const [language, setLanguage] = useState(startLanguage);
  const [size, setSize] = useState<LayoutSize>(() => layouts.find((layout) => String(layout) === localStorage.getItem(remembered)) ?? 4);
  const [page, setPage] = useState(0);
  const [now, setNow] = useState(() => Date.now());
  const say = sayIn(language);
  const open = school.alarms.filter(({ acknowledgedAt }) => acknowledgedAt === undefined);
  const sound = useAlarmSound(
    open.some(({ severity, historical }) => severity === 1 && !historical),
    open.length > 0,
  );

  useEffect(() => rememberLanguage(language), [language]);
  useEffect(() => localStorage.setItem(remembered, String(size)), [size]);
  useEffect(() => {
    const tick = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(tick);
  }, []);
  const pages = Math.max(1, Math.ceil(school.channels.length / size));
  const turned = Math.min(page, pages - 1);
  useEffect(() => {
    const key = ({ key: pressed, target, ctrlKey, altKey, metaKey }: KeyboardEvent) => {
      if (target instanceof HTMLInputElement || ctrlKey || altKey || metaKey) return;
      const layout = layoutKeys[pressed];
      if (layout) setSize(layout);
      if (pressed === '[') setPage(Math.max(0, turned - 1));
      if (pressed === ']') setPage(Math.min(pages - 1, turned + 1));
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  }, [turned, pages]);

  if (school.signedOut) {
    return (
      <main className="wall-note">
        <p>{say('noSession')}</p>
        <a href="/">{say('signIn')}</a>
      </main>
    );
  }

  const shown = Array.from({ length: size }, (_, place) => school.channels[turned * size + place]);
  return (
    <main className="wall">
      <header className="wall-head">
        <strong>{school.overview?.campus.name}</strong>
        <span className={`verdict-line verdict-${school.overview?.state ?? 'unknown'}`}>{school.overview?.verdict[language]}</span>
        <nav aria-label={say('layout')}>
          {pages > 1 ? (
            <span className="wall-pages">
              <button type="button" aria-label={say('earlierPage')} disabled={turned === 0} onClick={() => setPage(turned - 1)}>
                ‹
              </button>
              {turned + 1} / {pages}
              <button type="button" aria-label={say('laterPage')} disabled={turned === pages - 1} onClick={() => setPage(turned + 1)}>
                ›
              </button>
            </span>
          ) : null}
          {layouts.map((layout) => (
            <button key={layout} type="button" aria-pressed={layout === size} onClick={() => setSize(layout)}>
              {layout}
            </button>
          ))}
          <button type="button" onClick={sound.arm} aria-pressed={sound.armed} className={sound.armed ? '' : 'sound-off'}>
            {sound.armed ? say('soundOn') : say('soundOff')}
          </button>
          <button type="button" onClick={() => setLanguage(language === 'zh' ? 'en' : 'zh')}>
            {say('language')}
          </button>
        </nav>
        <time>{clockText(now)}</time>
      </header>
      {school.silence > 0 ? <p className="wall-stale">{say('stale', { n: school.silence })}</p> : null}
      {school.overview?.phone ? (
        <p className="wall-phone" role="alert">
          {say('phonePolice', { number: school.overview.phone.number })} {say('readOut', { text: school.overview.phone.read[language] })}
        </p>
      ) : null}
      <div className="wall-body">
        <section className={`grid grid-${size}`}>
          {shown.map((channel, place) => (
            <Tile key={channel?.id ?? `empty-${place}`} channel={channel} profile="auto" few={size <= fewPictures} say={say} language={language} />
          ))}
        </section>
        <AlarmCell alarms={open} channels={school.channels} say={say} language={language} acknowledge={school.acknowledge} shown={school.shown} />
      </div>
    </main>
  );
}
