import { expect, test } from 'vitest';
import type { JsonSchema } from '../../api/draft';
import { descriptionAt, keysAt, valuesAt } from './schema-help';

const SCHEMA: JsonSchema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', description: 'Name, snake_case.' },
    fields: { type: 'array', items: { $ref: '#/$defs/Field' }, description: 'The fields.' },
    title: { $ref: '#/$defs/Text', description: 'Shown title.' },
  },
  $defs: {
    Text: { type: 'object', additionalProperties: { type: 'string' } },
    Field: {
      type: 'object',
      properties: {
        type: { $ref: '#/$defs/Kind', description: 'The type.' },
        required: {
          anyOf: [{ type: 'boolean' }, { type: 'string' }, { type: 'null' }],
          description: 'Must have a value.',
        },
        reset: { anyOf: [{ $ref: '#/$defs/Reset' }, { type: 'null' }] },
      },
    },
    Kind: { type: 'string', enum: ['text', 'money'] },
    Reset: {
      oneOf: [
        { const: 'year', description: 'Each year.' },
        { const: 'month', type: 'string' },
      ],
    },
  },
};

test('offers the keys of an object', () => {
  expect(keysAt(SCHEMA, []).map(({ key, required, template }) => [key, required, template])).toEqual([
    ['name', true, '""'],
    ['fields', false, '[]'],
    ['title', false, '{}'],
  ]);
  expect(keysAt(SCHEMA, ['fields', 2]).map(({ key }) => key)).toEqual(['type', 'required', 'reset']);
  expect(keysAt(SCHEMA, ['fields'])).toEqual([]);
});

test('offers the values of a place', () => {
  expect(valuesAt(SCHEMA, ['fields', 0, 'type']).map(({ value }) => value)).toEqual(['"text"', '"money"']);
  expect(valuesAt(SCHEMA, ['fields', 0, 'required']).map(({ value }) => value)).toEqual(['true', 'false']);
  expect(valuesAt(SCHEMA, ['fields', 0, 'reset']).map(({ value }) => value)).toEqual(['"year"', '"month"']);
});

test('describes a place', () => {
  expect(descriptionAt(SCHEMA, ['fields', 1, 'type'])).toBe('The type.');
  expect(descriptionAt(SCHEMA, ['name'])).toBe('Name, snake_case.');
  expect(descriptionAt(SCHEMA, ['nothing', 'here'])).toBeUndefined();
});
