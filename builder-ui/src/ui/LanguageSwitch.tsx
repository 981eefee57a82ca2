// Changes between the two languages; named in the language it leads to.
import { Globe } from 'lucide-react';
import { useI18n } from '../i18n/I18n';
import { Button } from './Button';

export function LanguageSwitch() {
  const { locale, setLocale } = useI18n();
  const next = locale === 'zh-CN' ? 'en' : 'zh-CN';
  return (
    <Button variant="quiet" onPress={() => void setLocale(next)}>
      <Globe size={16} aria-hidden />
      <span lang={next}>{next === 'en' ? 'English' : '中文'}</span>
    </Button>
  );
}
