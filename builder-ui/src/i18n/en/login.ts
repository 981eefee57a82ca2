export const login = {
  'login.title': 'Sign in',
  'login.lead': 'Use your company account.',
  'login.email': 'E-mail',
  'login.password': 'Password',
  'login.submit': 'Sign in',
  'login.pending': 'Signing in…',
  'login.show': 'Show password',
  'login.hide': 'Hide password',
  'login.capsLock': 'Caps lock is on',
  'login.wrong': 'E-mail or password is wrong. Please check both and try again.',
  'login.locked':
    'Too many attempts: the account is locked for now. Try again in about {minutes} min or ask your administrator.',
  'login.choose': 'Your account belongs to several companies. Which one would you like to open?',
  'login.back': 'Back, use another account',
  'login.expired': 'Your session has ended',
  'login.expiredHint': 'Please sign in again. What you are typing is kept.',
};
