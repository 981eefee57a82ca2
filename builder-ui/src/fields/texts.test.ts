import { expect, test } from 'vitest';
import { isOther, languagesOf, textSeen } from './texts';

test('everybody sees the nearest text', () => {
  const texts = { 'zh-CN': '螺栓', en: 'Bolt', de: null };
  expect(textSeen(texts, 'en', 'zh-CN')).toBe('Bolt');
  expect(textSeen(texts, 'en-GB', 'zh-CN')).toBe('Bolt');
  expect(textSeen(texts, 'zh-CN', 'zh-CN')).toBe('螺栓');
  expect(textSeen(texts, 'de', 'zh-CN')).toBe('螺栓');
  expect(textSeen({ 'zh-CN': null, en: 'Bolt' }, 'zh-CN', 'zh-CN')).toBe('Bolt');
  expect(textSeen({}, 'en', 'zh-CN')).toBeNull();
});

test('the languages of the app come first', () => {
  expect(languagesOf(['zh-CN', 'en'], { fr: 'x', en: 'y', de: null })).toEqual(['zh-CN', 'en', 'de', 'fr']);
  expect(isOther('en', 'zh-CN')).toBe(true);
  expect(isOther('zh-CN', 'zh-CN')).toBe(false);
});
