// The last check of the draft and its findings.
import { useState } from 'react';
import { checkDraft } from '../../api/draft';
import { type Finding, Problem } from '../../api/problem';
import { useI18n } from '../../i18n/I18n';
import { toast } from '../../ui/toast-store';

export function useCheck() {
  const { t } = useI18n();
  const [findings, setFindings] = useState<Finding[] | null>(null);
  const [isRunning, setRunning] = useState(false);
  const run = async () => {
    setRunning(true);
    try {
      setFindings(await checkDraft());
    } catch (error) {
      toast('bad', error instanceof Problem ? error.message : t('common.offline'));
    } finally {
      setRunning(false);
    }
  };
  return { findings, isRunning, run, show: setFindings, clear: () => setFindings(null) };
}
