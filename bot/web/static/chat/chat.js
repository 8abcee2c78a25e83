// Entry point of the chat page: loads the modules and connects them.
//
// The modules are imported with the ?v= of this file, so that a new release
// never mixes with old modules from the browser's cache. For the same reason
// they do not import each other; what they need is handed over here.

const MODULES = ['api', 'store', 'sync', 'format', 'view', 'composer', 'menu'];
const version = new URL(import.meta.url).search;
const byId = (id) => document.getElementById(id);

function main([api, store, { Sync }, format, { View }, { Composer }, { Menu, TextSize, ForgetDialog }]) {
  const { unitId, maxText, embedded } = document.body.dataset;
  const storage = new store.SafeStorage('localStorage');
  const outbox = new store.Outbox(storage, `thanthien.${unitId}.outbox`);
  const conversation = new store.Conversation();
  const announce = (text) => { byId('announcer').textContent = text; };

  const view = new View({
    dom: {
      scroller: byId('scroller'), log: byId('log'), loading: byId('loading'), typing: byId('typing'),
      quick: byId('quick'), jump: byId('jump'), jumpText: byId('jump-text'),
    },
    format,
    on: {
      choose: (button) => sync.submit({ text: button.label, payload: button.payload }),
      edit: (item) => {
        composer.edit(item.text);
        sync.discard(item.clientId);
      },
      discard: (item) => {
        sync.discard(item.clientId);
        byId('scroller').focus({ preventScroll: true });
      },
      save: async (file) => save(await sync.file(file), file.name),
    },
  });

  const sync = new Sync({
    api,
    storage,
    outbox,
    conversation,
    newId: store.newId,
    unitId,
    hooks: {
      changed: () => view.render(sync.items(), { typing: sync.typing, ready: sync.ready }),
      connection: (online) => { byId('banner-text').hidden = online; },
      refused: () => announce('Có tin nhắn chưa được nhận.'),
      failed: (message) => showFailure(message || 'Trợ lý chưa trả lời được lúc này.'),
    },
  });

  const composer = new Composer({
    dom: { form: byId('composer'), text: byId('text'), send: byId('send'), counter: byId('counter') },
    maxText: Number(maxText) || 2000,
    drafts: new store.SafeStorage('sessionStorage'),
    draftKey: `thanthien.${unitId}.draft`,
    onSend: (text) => sync.submit({ text }),
  });

  const menu = new Menu({ dom: { menu: byId('menu'), menuButton: byId('menu-button') } });
  new TextSize({
    dom: { sizeDown: byId('size-down'), sizeUp: byId('size-up'), sizeName: byId('size-name') },
    storage,
    onChange: () => composer.grow(),
  });
  const dialog = new ForgetDialog({
    dom: {
      dialog: byId('forget-dialog'), forgetNo: byId('forget-no'), forgetYes: byId('forget-yes'),
      forgetError: byId('forget-error'),
    },
    forget: () => sync.forget(),
    onDone: () => {
      announce('Đã xóa cuộc trò chuyện.');
      byId('scroller').focus({ preventScroll: true });
    },
  });
  byId('forget-button').addEventListener('click', () => {
    byId('menu-button').focus(); // where the focus returns to after the dialog
    menu.toggle(false);
    dialog.open();
  });

  const tellWidget = embedded === '1' ? connectWidget({ sync, composer }) : null;
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.isComposing || byId('forget-dialog').open) return;
    if (!menu.escape() && tellWidget) tellWidget('close');
  });

  askFromAddress(sync);
  sync.start();
}

/** ?ask=… (a link or a QR code of the catalogue) asks once; a reload must not ask again. */
function askFromAddress(sync) {
  const { ask, askText } = document.body.dataset;
  if (!ask) return;
  const address = new URL(window.location.href);
  address.searchParams.delete('ask');
  window.history.replaceState(null, '', address);
  sync.submit({ text: askText, payload: ask });
}

/** Inside widget.js: sleep while the panel is closed, pass on Escape. */
function connectWidget({ sync, composer }) {
  window.addEventListener('message', (event) => {
    if (event.source !== window.parent || !event.data || event.data.source !== 'thanthien-widget') return;
    if (event.data.type === 'closed') sync.pause('closed');
    if (event.data.type === 'opened') {
      sync.resume('closed');
      if (!composer.touch.matches) byId('text').focus();
    }
  });
  // Nothing private is in these messages, so any parent may read them.
  const tell = (type) => {
    if (window.parent !== window) window.parent.postMessage({ source: 'thanthien-chat', type }, '*');
  };
  tell('ready');
  return tell;
}

function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function showFailure(message) {
  const loading = byId('loading');
  loading.querySelector('.loading-text').textContent = message;
}

Promise.all(MODULES.map((name) => import(`./${name}.js${version}`))).then(main, () => {
  showFailure('Chưa tải được trang trò chuyện. Xin kiểm tra mạng rồi tải lại trang.');
});
