export const search = {
  'search.open': '搜索全部',
  'search.title': '搜索',
  'search.placeholder': '名称、编号、拼音或首字母',
  'search.help': '输入名称的一部分、编号、拼音或拼音首字母；多个词用空格隔开。',
  'search.results': '搜索结果',
  'search.nothing': '没有找到“{words}”。',
  'search.more': '查看全部“{what}”结果',
  'search.count': '找到 {n} 条',
  'search.keys': '↑ ↓ 选择 · 回车打开 · Esc 关闭',
};
