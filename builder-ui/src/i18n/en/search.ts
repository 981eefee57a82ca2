export const search = {
  'search.open': 'Search everything',
  'search.title': 'Search',
  'search.placeholder': 'Name, number, pinyin or initials',
  'search.help':
    'Type the beginning of a word, any part of a Chinese name, pinyin or its initials; separate words by blanks.',
  'search.results': 'Results',
  'search.nothing': 'Nothing found for “{words}”.',
  'search.more': 'Show all results in {what}',
  'search.count': '{n} found',
  'search.keys': '↑ ↓ choose · Enter opens · Esc closes',
};
