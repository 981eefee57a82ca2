// The start page: straight to the first entry of the navigation.
import { useSuspenseQuery } from '@tanstack/react-query';
import { Navigate } from '@tanstack/react-router';
import { catalogQuery } from '../api/definitions';
import { sessionQuery } from '../api/session';
import { useI18n } from '../i18n/I18n';
import { EmptyState } from '../ui/EmptyState';
import { menuOf } from './menu';
import { placeOfEntity } from './place';

export default function Home() {
  const { t } = useI18n();
  const catalog = useSuspenseQuery(catalogQuery).data;
  const session = useSuspenseQuery(sessionQuery).data;
  const first = menuOf(catalog)[0]?.links[0];
  if (first) {
    return (
      <Navigate
        to="/records/$app/$entity"
        params={placeOfEntity(first.entity)}
        search={{ view: first.view }}
        replace
      />
    );
  }
  if (session?.administrator) return <Navigate to="/definitions" search={{}} replace />;
  return <EmptyState title={t('frame.nothingYet')}>{t('frame.nothingYetHint')}</EmptyState>;
}
