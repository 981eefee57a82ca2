// The search box above a list: looks for the words in the label and other searchable texts.
import { Search, X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from 'react-aria-components/Button';
import { Input } from 'react-aria-components/Input';
import { SearchField } from 'react-aria-components/SearchField';
import { useI18n } from '../../i18n/I18n';
import fieldCss from '../../ui/Field.module.css';
import css from './list.module.css';

const PAUSE = 350;

export function QuickSearch({
  value,
  onSearch,
}: {
  value: string;
  onSearch: (text: string | undefined) => void;
}) {
  const { t } = useI18n();
  const [text, setText] = useState(value);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onSearch(text.trim() || undefined), PAUSE);
    return () => clearTimeout(timer);
  }, [text, value, onSearch]);
  return (
    <SearchField
      aria-label={t('list.search')}
      value={text}
      onChange={setText}
      onSubmit={(next) => onSearch(next.trim() || undefined)}
      className={`${fieldCss.group} ${css.search}`}
    >
      <Search size={16} aria-hidden />
      <Input placeholder={t('list.search')} />
      {text ? (
        <Button>
          <X size={14} aria-hidden />
        </Button>
      ) : null}
    </SearchField>
  );
}
