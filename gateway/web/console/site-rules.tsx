/** What this site wants otherwise than the table of codes, for one panel and for the whole school. */
import { useState } from 'react';
import { titleOf } from '../../domain/alarm-types.ts';
import type { PanelZoneView } from '../../domain/desk-api.ts';
import type { SiteRule } from '../../domain/site-rules.ts';
import { api, type RuleView } from '../shared/api.ts';
import { useAsked } from '../shared/use-asked.ts';
import { AskedState } from './asked-state.tsx';
import type { PageProps } from './console.tsx';
import { RuleList } from './rule-list.tsx';
import { SiteRuleForm } from './site-rule-form.tsx';

interface SiteRulesProps extends Pick<PageProps, 'say' | 'language'> {
  readonly panel: string;
  readonly zones: readonly PanelZoneView[];
}

export function SiteRules({ panel, zones, say, language }: SiteRulesProps) {
  const asked = useAsked(api.rules, () => undefined);
  const [editing, setEditing] = useState<{ readonly rule: SiteRule; readonly round: number; readonly open: boolean }>();
  const edit = (rule: SiteRule) => setEditing((before) => ({ rule, round: (before?.round ?? 0) + 1, open: true }));
  const every = asked.answer ?? [];
  const rules = every.filter((rule) => rule.panel === undefined || rule.panel === panel);
  return (
    <section aria-label={say('siteRules')} data-testid="site-rules">
      <h3>{say('siteRules')}</h3>
      <p className="quiet">{say('siteRulesHelp')}</p>
      <AskedState asked={asked} say={say} language={language} />
      {asked.answer ? (
        <RuleList
          {...{ say, language }}
          rows={rules.map((rule) => ({
            key: rule.id,
            condition: conditionOf(rule, zones, say, language),
            change: <Change rule={rule} say={say} language={language} />,
          }))}
          becomes={say('ruleThen')}
          none={say('siteRulesNone')}
          edit={(id) => {
            const rule = rules.find((one) => one.id === id);
            if (rule) edit(rule);
          }}
          add={() => edit({ id: freeId(panel, every), panel: panel as SiteRule['panel'] & string })}
          remove={async (id) => {
            await api.removeRule(id);
            asked.again();
          }}
        />
      ) : null}
      {editing ? (
        <SiteRuleForm
          key={editing.round}
          {...{ panel, zones, say, language }}
          rule={editing.rule}
          open={editing.open}
          close={() => setEditing({ ...editing, open: false })}
          saved={asked.again}
        />
      ) : null}
    </section>
  );
}

function freeId(panel: string, rules: readonly SiteRule[]): string {
  for (let number = 1; ; number += 1) {
    const id = `${panel.slice(0, 50)}-${number}`;
    if (!rules.some((rule) => rule.id === id)) return id;
  }
}

function conditionOf(
  { panel, zone, code, alarm }: SiteRule,
  zones: readonly PanelZoneView[],
  say: PageProps['say'],
  language: PageProps['language'],
): string {
  const where =
    panel === undefined
      ? say('wholeSchool')
      : zone === undefined
        ? say('thisPanel')
        : `${say('zone')} ${zone} ${zones.find(({ id }) => id === zone)?.name ?? ''}`;
  return [where, ...(code === undefined ? [] : [`${say('ruleCode')} ${code}`]), ...(alarm === undefined ? [] : [titleOf(alarm)[language]])].join(
    ' · ',
  );
}

function Change({ rule: { type, severity, drill, doubts }, say, language }: Pick<PageProps, 'say' | 'language'> & { readonly rule: RuleView }) {
  const changes = [
    ...(type === undefined ? [] : [titleOf(type)[language]]),
    ...(severity === undefined ? [] : [`${say('ruleSeverity')} ${severity}`]),
    ...(drill ? [say('drill')] : []),
  ];
  return (
    <>
      {changes.join(' · ')}
      {doubts.map((doubt) => (
        <div key={doubt.en} className="doubt">
          ▲ {doubt[language]}
        </div>
      ))}
    </>
  );
}
