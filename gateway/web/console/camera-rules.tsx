/** Which events of a camera become alarms, and when. */
import { useState } from 'react';
import { titleOf } from '../../domain/alarm-types.ts';
import type { CameraEventsView } from '../../domain/api.ts';
import { type CameraEventRule, cameraEventRows, typeOfRule } from '../../domain/camera-events.ts';
import { api } from '../shared/api.ts';
import { useAsked } from '../shared/use-asked.ts';
import { weekOf } from '../shared/week-text.ts';
import { AskedState } from './asked-state.tsx';
import { CameraRuleForm } from './camera-rule-form.tsx';
import type { PageProps } from './console.tsx';
import { RuleList } from './rule-list.tsx';

interface CameraRulesProps extends Pick<PageProps, 'school' | 'say' | 'language'> {
  readonly camera: string;
  readonly events: CameraEventsView | undefined;
}

export function CameraRules({ camera, events, school, say, language }: CameraRulesProps) {
  const asked = useAsked(
    () => api.camera(camera),
    () => undefined,
  );
  const [editing, setEditing] = useState<{ readonly index: number; readonly round: number; readonly open: boolean }>();
  const edit = (index: number) => setEditing((before) => ({ index, round: (before?.round ?? 0) + 1, open: true }));
  const rules = asked.answer?.events ?? [];
  /** On top of what stands there now: somebody else may have changed the camera since. */
  const change = async (how: (rules: readonly CameraEventRule[]) => readonly CameraEventRule[]) => {
    const now = await api.camera(camera);
    await api.putCameraEvents(now, how(now.events ?? []));
    asked.again();
  };
  return (
    <section aria-label={say('eventRules')} data-testid="camera-rules">
      <h3>{say('eventRules')}</h3>
      <p className="quiet">{say('eventRulesHelp')}</p>
      <AskedState asked={asked} say={say} language={language} />
      {asked.answer ? (
        <RuleList
          {...{ say, language }}
          rows={rules.map((rule, index) => ({
            key: String(index),
            condition: <When rule={rule} say={say} language={language} />,
            change: `${titleOf(typeOfRule(rule))[language]}${rule.name === undefined ? '' : ` · ${rule.name}`}`,
          }))}
          becomes={say('ruleType')}
          none={say('eventsOff')}
          edit={(key) => edit(Number(key))}
          add={() => edit(rules.length)}
          remove={(key) => change((before) => before.filter((_, index) => index !== Number(key)))}
        />
      ) : null}
      {editing ? (
        <CameraRuleForm
          key={editing.round}
          {...{ say, language, events }}
          channels={school.channels}
          rule={rules[editing.index]}
          open={editing.open}
          close={() => setEditing({ ...editing, open: false })}
          save={(rule) => change((before) => (editing.index < before.length ? before.with(editing.index, rule) : [...before, rule]))}
        />
      ) : null}
    </section>
  );
}

function When({ rule: { kind, source, topic, schedule }, say, language }: Pick<PageProps, 'say' | 'language'> & { readonly rule: CameraEventRule }) {
  return (
    <>
      {[cameraEventRows[kind].title[language], ...(source === undefined ? [] : [source]), ...(topic === undefined ? [] : [topic])].join(' · ')}
      <div className="quiet">
        {schedule === undefined
          ? say('always')
          : weekOf(schedule)
              .map(({ days, hours }) => `${days.map((day) => say(`day.${day}`)).join(' ')} ${hours ? `${hours.from}–${hours.to}` : say('allDay')}`)
              .join('; ')}
      </div>
    </>
  );
}
