// Fields that are required again and empty in records made meanwhile: a default for each that can have one.
import { useQuery } from '@tanstack/react-query';
import { type Defaults, type DocumentDiff, differenceQuery, revisionsQuery } from '../../api/draft';
import type { Finding } from '../../api/problem';
import type { FieldDoc } from '../../definition/documents';
import { useI18n } from '../../i18n/I18n';
import { TextField } from '../../ui/TextField';

interface Props {
  revision: number;
  findings: Finding[];
  defaults: Defaults;
  onChange: (defaults: Defaults) => void;
}

interface EntityDoc {
  fields?: (FieldDoc & { unique?: boolean })[];
  unique?: string[][];
}

/** The field that a finding points to, where one value for all records may stand in it. */
function fieldOf(finding: Finding, documents: DocumentDiff[]) {
  const document = documents.find(
    ({ app, kind, name }) => app === finding.app && kind === 'entity' && name === finding.name,
  );
  const entity = document?.after as EntityDoc | null | undefined;
  const field = entity?.fields?.[Number(/^\/fields\/(\d+)/.exec(finding.pointer)?.[1] ?? -1)];
  const unique = field?.unique || entity?.unique?.some((fields) => fields.includes(field?.name ?? ''));
  return field && !unique ? field : undefined;
}

export function MissingValues({ revision, findings, defaults, onChange }: Props) {
  const { t, text } = useI18n();
  const live = useQuery(revisionsQuery).data?.find((one) => one.live)?.revision;
  const difference = useQuery({ ...differenceQuery(revision, live ?? 0), enabled: live !== undefined });
  return findings.map((finding) => {
    const field = fieldOf(finding, difference.data ?? []);
    if (!field) return null;
    const key = `${finding.app}.${finding.name}.${field.name}`;
    return (
      <TextField
        key={key}
        label={t('def.defaultFor', { field: text(field.title) || field.name })}
        help={t('def.defaultHelp')}
        value={defaults[key] ?? ''}
        onChange={(typed) => {
          const { [key]: _, ...others } = defaults;
          onChange(typed.trim() === '' ? others : { ...others, [key]: typed });
        }}
      />
    );
  });
}
