// Starts the app: language first, then the router.
import './ui/tokens.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Problem } from './api/problem';
import { createAppRouter } from './app/router';
import { firstMessages, LocaleProvider } from './i18n/I18n';

const client = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => !(error instanceof Problem) && count < 2, staleTime: 10_000 },
  },
});
const router = createAppRouter(client);
const root = document.getElementById('root');
const messages = await firstMessages();
if (root) {
  createRoot(root).render(
    <StrictMode>
      <LocaleProvider messages={messages}>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </LocaleProvider>
    </StrictMode>,
  );
}
