/** Pictures in a grid of 1, 4 or 9, with one cell reserved for alarms: it never covers a picture and never takes the focus. */
import { useEffect, useState } from 'react';
import { useSchool } from '../shared/school.ts';
import { rememberLanguage, sayIn, startLanguage } from '../shared/texts.ts';
import { Tile } from '../shared/tile.tsx';
import { clockText } from '../shared/time-text.ts';
import { AlarmCell } from './alarm-cell.tsx';
import { useAlarmSound } from './alarm-sound.ts';

const layouts = [1, 4, 9] as const;
type LayoutSize = (typeof layouts)[number];
const remembered = 'campus-gateway.wall.layout';

export function Wall() {
  const school = useSchool();
  const [language, setLanguage] = useState(startLanguage);
  const [size, setSize] = useState<LayoutSize>(() => layouts.find((layout) => String(layout) === localStorage.getItem(remembered)) ?? 4);
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
    const key = ({ key: pressed, target }: KeyboardEvent) => {
      if (target instanceof HTMLInputElement) return;
      const layout = layouts.find((candidate) => String(candidate) === pressed);
      if (layout) setSize(layout);
    };
    addEventListener('keydown', key);
    return () => {
      clearInterval(tick);
      removeEventListener('keydown', key);
    };
  }, []);

  if (school.signedOut) {
    return (
      <main className="wall-note">
        <p>{say('noSession')}</p>
        <a href="/">{say('signIn')}</a>
      </main>
    );
  }

  const shown = Array.from({ length: size }, (_, place) => school.channels[place]);
  return (
    <main className="wall">
      <header className="wall-head">
        <strong>{school.overview?.campus.name}</strong>
        <span className={`verdict-line verdict-${school.overview?.state ?? 'unknown'}`}>{school.overview?.verdict[language]}</span>
        <nav aria-label={say('layout')}>
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
      {school.overview?.phonePolice ? (
        <p className="wall-phone" role="alert">
          {say('phonePolice')} {say('addressToRead', { address: school.overview.campus.address })}
        </p>
      ) : null}
      <div className="wall-body">
        <section className={`grid grid-${size}`}>
          {shown.map((channel, place) => (
            <Tile key={channel?.id ?? `empty-${place}`} channel={channel} profile={size === 1 ? 'main' : 'sub'} say={say} />
          ))}
        </section>
        <AlarmCell alarms={open} channels={school.channels} say={say} language={language} acknowledge={school.acknowledge} />
      </div>
    </main>
  );
}
