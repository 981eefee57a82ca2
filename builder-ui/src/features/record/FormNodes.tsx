// The layout of a form: sections, tabs, columns and what stands in them.
import { ChevronDown } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components/Tabs';
import type { NodeDoc } from '../../definition/documents';
import { fieldsIn } from '../../definition/form-layout';
import { useI18n } from '../../i18n/I18n';
import { Actions } from './Actions';
import { FormField } from './FormField';
import css from './form.module.css';
import { useCondition, useFormState } from './form-context';
import { LinesNode } from './LinesNode';
import { RelatedNode } from './RelatedNode';

const keyOf = (node: NodeDoc, index: number) => node.id ?? `${node.type}-${node.field ?? index}`;

export function FormNodes({ nodes }: { nodes: NodeDoc[] }) {
  return nodes.map((node, index) => <FormNode key={keyOf(node, index)} node={node} />);
}

function FormNode({ node }: { node: NodeDoc }) {
  const { text } = useI18n();
  switch (node.type) {
    case 'section':
      return <Section node={node} />;
    case 'tabs':
      return <TabsNode node={node} />;
    case 'columns':
      return <Columns node={node} />;
    case 'field':
      return <FormField node={node} />;
    case 'lines':
      return <LinesNode node={node} />;
    case 'related':
      return <RelatedNode node={node} />;
    case 'text':
      return <p className={css.text}>{text(node.text)}</p>;
    case 'actions':
      return (
        <div className={css.actions}>
          <Actions />
        </div>
      );
  }
}

const columnsStyle = (node: NodeDoc) =>
  ({
    '--columns': typeof node.columns === 'number' ? Math.min(4, Math.max(1, node.columns)) : 2,
  }) as React.CSSProperties;

function Columns({ node }: { node: NodeDoc }) {
  const visible = useCondition(node, 'visible', true);
  if (!visible) return null;
  return (
    <div className={css.fields} style={columnsStyle(node)}>
      <FormNodes nodes={node.children ?? []} />
    </div>
  );
}

function Section({ node }: { node: NodeDoc }) {
  const { text } = useI18n();
  const [open, setOpen] = useState(true);
  const heading = useId();
  const visible = useCondition(node, 'visible', true);
  const wanted = useFormState((state) => state.focus?.field);
  useEffect(() => {
    if (wanted && fieldsIn(node.children ?? []).includes(wanted)) setOpen(true);
  }, [wanted, node.children]);
  if (!visible) return null;
  const title = text(node.title);
  return (
    <section className={css.panel} aria-labelledby={title ? heading : undefined}>
      {title ? (
        <h2 id={heading} className={css.heading}>
          <button type="button" className={css.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
            <ChevronDown size={16} aria-hidden className={open ? undefined : css.folded} />
            {title}
          </button>
        </h2>
      ) : null}
      {open ? (
        <div className={css.fields} style={columnsStyle(node)}>
          <FormNodes nodes={node.children ?? []} />
        </div>
      ) : null}
    </section>
  );
}

function TabsNode({ node }: { node: NodeDoc }) {
  const { t, text } = useI18n();
  const pages = node.children ?? [];
  const ids = pages.map(keyOf);
  const [selected, setSelected] = useState(ids[0] ?? '');
  const wanted = useFormState((state) => state.focus?.field);
  const holder = wanted ? pages.findIndex((page) => fieldsIn([page]).includes(wanted)) : -1;
  const target = holder >= 0 ? ids[holder] : undefined;
  useEffect(() => {
    if (target) setSelected(target);
  }, [target]);
  return (
    <Tabs selectedKey={selected} onSelectionChange={(key) => setSelected(String(key))} className={css.panel}>
      <TabList aria-label={text(node.title) || t('record.tabs')} className={css.tabs}>
        {pages.map((page, index) => (
          <Tab key={ids[index]} id={ids[index] ?? ''} className={css.tab}>
            {text(page.title) || `${index + 1}`}
          </Tab>
        ))}
      </TabList>
      {pages.map((page, index) => (
        <TabPanel key={ids[index]} id={ids[index] ?? ''} className={css.tabPanel}>
          {page.type === 'section' || page.type === 'columns' ? (
            <Columns node={{ ...page, type: 'columns' }} />
          ) : (
            <FormNodes nodes={[page]} />
          )}
        </TabPanel>
      ))}
    </Tabs>
  );
}
