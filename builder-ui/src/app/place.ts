// The address of an entity's screens: `/records/<app>/<entity>`.

/** The parts of `app.entity` as parameters of an address. */
export function placeOfEntity(key: string): { app: string; entity: string } {
  const [app = '', entity = ''] = key.split('.', 2);
  return { app, entity };
}
