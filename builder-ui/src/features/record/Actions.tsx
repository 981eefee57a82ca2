// The moves that the record's state and the person's rights allow now.
import type { TransitionDoc } from '../../definition/documents';
import { useI18n } from '../../i18n/I18n';
import { Button } from '../../ui/Button';
import { useForm, useFormState } from './form-context';

function allowed(transitions: TransitionDoc[], state: unknown, actions: string[]): TransitionDoc[] {
  return transitions.filter((move) => move.from.includes(String(state)) && actions.includes(move.action));
}

export function Actions() {
  const { text } = useI18n();
  const { entity, onAction, isBusy, readOnly } = useForm();
  const id = useFormState((state) => state.id);
  const state = useFormState((form) => (entity.state ? form.values[entity.state.name] : undefined));
  const archived = useFormState((form) => Boolean(form.values.archived_at));
  if (!entity.state || id === undefined || archived) return null;
  const moves = allowed(entity.state.transitions ?? [], state, entity.rights.actions);
  return moves.map((move, index) => (
    <Button
      key={move.action}
      variant={index === 0 && readOnly ? 'primary' : 'default'}
      isDisabled={isBusy}
      onPress={() => onAction(move.action)}
    >
      {text(move.title) || move.action}
    </Button>
  ));
}
