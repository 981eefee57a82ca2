// Conditions as rows of field, operator and value; applied to the address as an expression.
import { Plus, X } from 'lucide-react';
import { useState } from 'react';
import { type Catalog, type Entity, fieldAt, targetOf, valueField } from '../../definition/catalog';
import type { FieldDoc } from '../../definition/documents';
import {
  type Condition,
  needsValue,
  type Operator,
  operatorsFor,
  printFilter,
  readFilter,
} from '../../definition/filter';
import { FieldInput } from '../../fields/FieldInput';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { Select } from '../../ui/Select';
import { TextField } from '../../ui/TextField';
import css from './filter.module.css';

interface Props {
  catalog: Catalog;
  entity: Entity;
  filter: string | undefined;
  onApply: (filter: string | undefined) => void;
}

interface Filterable {
  path: string;
  field: FieldDoc;
  entity: Entity;
}

function filterable(catalog: Catalog, entity: Entity, path: string): Filterable | undefined {
  const end = fieldAt(catalog, entity, path);
  return end ? { path, field: valueField(catalog, end.entity, end.field), entity: end.entity } : undefined;
}

/** What the server compares with: numbers as they are written, the rest as text. */
const filterValue = (field: FieldDoc, value: string): unknown => {
  if (value === '') return null;
  if (field.type === 'boolean') return value === 'true';
  return field.type === 'duration' || field.type === 'rating' ? Number(value) : value;
};

/** The field whose input asks for the value of a condition. */
const asked = (field: FieldDoc): FieldDoc => {
  if (field.type === 'long_text') return { ...field, type: 'text' };
  return field.type === 'links' ? { ...field, type: 'reference' } : field;
};

export function FilterPanel({ catalog, entity, filter, onApply }: Props) {
  const { t } = useI18n();
  const [conditions, setConditions] = useState<Condition[] | null>(() => readFilter(filter ?? ''));
  const [text, setText] = useState(filter ?? '');
  const paths = [...entity.fields.keys()].filter((name) => {
    const found = filterable(catalog, entity, name);
    return found && operatorsFor(found.field).length > 0;
  });
  const first = paths[0];
  const apply = () => {
    const fieldOf = (path: string) => filterable(catalog, entity, path)?.field;
    onApply((conditions ? printFilter(conditions, fieldOf) : text.trim()) || undefined);
  };
  const add = () => {
    const field = first ? filterable(catalog, entity, first)?.field : undefined;
    const operator = field ? operatorsFor(field)[0] : undefined;
    if (first && operator) setConditions([...(conditions ?? []), { path: first, operator, value: '' }]);
  };
  const change = (index: number, next: Condition) =>
    setConditions((conditions ?? []).map((condition, place) => (place === index ? next : condition)));
  return (
    <form
      className={css.panel}
      aria-label={t('list.filter')}
      onSubmit={(event) => {
        event.preventDefault();
        apply();
      }}
    >
      {conditions === null ? (
        <TextField
          label={t('list.expression')}
          value={text}
          onChange={setText}
          help={t('list.expressionHelp')}
          className={css.text}
        />
      ) : (
        conditions.map((condition, index) => (
          <ConditionRow
            // biome-ignore lint/suspicious/noArrayIndexKey: conditions have no identity but their place
            key={index}
            catalog={catalog}
            entity={entity}
            paths={paths}
            number={index + 1}
            condition={condition}
            onChange={(next) => change(index, next)}
            onRemove={() => setConditions(conditions.filter((_, place) => place !== index))}
          />
        ))
      )}
      <div className={css.buttons}>
        {conditions === null ? null : (
          <Button variant="quiet" onPress={add}>
            <Plus size={16} aria-hidden />
            {t('list.addCondition')}
          </Button>
        )}
        <span className={css.spacer} />
        <Button
          onPress={() => {
            setConditions([]);
            setText('');
            onApply(undefined);
          }}
        >
          {t('list.clearFilter')}
        </Button>
        <Button type="submit" variant="primary">
          {t('list.applyFilter')}
        </Button>
      </div>
    </form>
  );
}

interface RowProps {
  catalog: Catalog;
  entity: Entity;
  paths: string[];
  number: number;
  condition: Condition;
  onChange: (next: Condition) => void;
  onRemove: () => void;
}

function ConditionRow({ catalog, entity, paths, number, condition, onChange, onRemove }: RowProps) {
  const { t, text } = useI18n();
  const found = filterable(catalog, entity, condition.path);
  const known = paths.includes(condition.path) ? paths : [...paths, condition.path];
  const operators = found ? operatorsFor(found.field) : [];
  const choose = (path: string | null) => {
    const field = path ? filterable(catalog, entity, path)?.field : undefined;
    const operator = field ? operatorsFor(field)[0] : undefined;
    if (path && operator) onChange({ path, operator, value: '' });
  };
  const titleOf = (path: string) =>
    fieldAt(catalog, entity, path)
      ?.fields.map((field) => text(field.title))
      .join(' · ') ?? path;
  return (
    <div className={css.condition}>
      <Select
        label={t('list.conditionField', { n: number })}
        hideLabel
        value={condition.path}
        options={known.map((path) => ({ id: path, label: titleOf(path) }))}
        onChange={choose}
      />
      <Select
        label={t('list.conditionOperator', { n: number })}
        hideLabel
        value={condition.operator}
        options={operators.map((operator) => ({ id: operator, label: t(`operator.${operator}`) }))}
        onChange={(operator) => operator && onChange({ ...condition, operator: operator as Operator })}
      />
      <div className={css.value}>
        {found && needsValue(condition.operator) ? (
          <FieldInput
            field={asked(found.field)}
            target={targetOf(catalog, found.entity, found.field)}
            label={t('list.conditionValue', { n: number })}
            hideLabel
            value={filterValue(found.field, condition.value)}
            onChange={(value) =>
              onChange({ ...condition, value: value === null || value === undefined ? '' : String(value) })
            }
          />
        ) : null}
      </div>
      <Button variant="quiet" icon aria-label={t('list.removeCondition', { n: number })} onPress={onRemove}>
        <X size={16} aria-hidden />
      </Button>
    </div>
  );
}
