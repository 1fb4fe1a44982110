/** Hours of the week as a field of a form: at all hours, or windows of days with a beginning and an end. */
import { Button, Checkbox, Radio } from 'antd';
import type { Say } from '../shared/texts.ts';
import { type WeekWindow, week } from '../shared/week-text.ts';

const outOfSchool: WeekWindow = { days: [0, 1, 2, 3, 4], hours: { from: '18:00', to: '07:00' } };

interface ScheduleFieldProps {
  readonly say: Say;
  /** Given by the form; undefined: at all hours. */
  readonly value?: readonly WeekWindow[];
  onChange?(value: readonly WeekWindow[] | undefined): void;
}

export function ScheduleField({ say, value, onChange }: ScheduleFieldProps) {
  const put = (windows: readonly WeekWindow[] | undefined) => onChange?.(windows);
  return (
    <>
      <Radio.Group
        className="gap"
        aria-label={say('schedule')}
        value={value === undefined ? 'always' : 'onSchedule'}
        onChange={({ target }) => put(target.value === 'always' ? undefined : [outOfSchool])}
        options={(['always', 'onSchedule'] as const).map((one) => ({ value: one, label: say(one) }))}
      />
      {value?.map((window, index) => (
        <Window
          // biome-ignore lint/suspicious/noArrayIndexKey: windows have no other name, and hold no state of their own.
          key={index}
          window={window}
          say={say}
          change={(changed) => put(value.with(index, changed))}
          {...(value.length > 1 ? { remove: () => put(value.filter((_, at) => at !== index)) } : {})}
        />
      ))}
      {value === undefined ? null : (
        <>
          <Button size="small" onClick={() => put([...value, { days: [5, 6] }])}>
            {say('addWindow')}
          </Button>
          <p className="quiet">{say('overnight')}</p>
        </>
      )}
    </>
  );
}

interface WindowProps {
  readonly window: WeekWindow;
  readonly say: Say;
  change(window: WeekWindow): void;
  remove?(): void;
}

function Window({ window: { days, hours }, say, change, remove }: WindowProps) {
  const set = (more: Partial<NonNullable<WeekWindow['hours']>>) => hours && change({ days, hours: { ...hours, ...more } });
  return (
    <fieldset className="window">
      <legend className="unseen">{say('windowDays')}</legend>
      <Checkbox.Group
        value={[...days]}
        options={week.map((day) => ({ value: day, label: say(`day.${day}`) }))}
        onChange={(ticked) => change({ days: ticked, ...(hours ? { hours } : {}) })}
      />
      <div className="window-hours">
        <Checkbox
          checked={hours === undefined}
          onChange={({ target }) => change(target.checked ? { days } : { days, hours: { from: '18:00', to: '07:00' } })}
        >
          {say('allDay')}
        </Checkbox>
        {hours === undefined ? null : (
          <>
            <Hour label={say('windowFrom')} value={hours.from} change={(from) => set({ from })} />
            <Hour label={say('windowTo')} value={hours.to} change={(to) => set({ to })} />
          </>
        )}
        {remove ? (
          <Button size="small" onClick={remove}>
            {say('removeWindow')}
          </Button>
        ) : null}
      </div>
    </fieldset>
  );
}

/** On 24 hours in any browser: its own field for times goes by the language of the computer. */
function Hour({ label, value, change }: { readonly label: string; readonly value: string; change(value: string): void }) {
  return (
    <label>
      {label}{' '}
      <input className="time" inputMode="numeric" maxLength={5} placeholder="00:00" value={value} onChange={({ target }) => change(target.value)} />
    </label>
  );
}
