'use strict';
// Settings: cameras, when scores are an action, and the look of live videos. Each change is sent by itself and
// shown as the program has it then.
let settings = null, edited = null;
const send = async (path, method, body) => {
  const answer = await fetch(path, {method, body: body === undefined ? undefined : JSON.stringify(body)});
  if (answer.ok) return answer.status === 204 || answer.status === 201 ? null : answer.json();
  throw new Error((await answer.json()).error || answer.status);
};
async function attempt(done, work) {
  try {
    await work();
    $('told').textContent = done;
    $('told').className = 'good';
  } catch (error) {
    $('told').textContent = error.message;
    $('told').className = 'bad';
  }
}
const patch = async change => { settings = await send('/api/settings', 'PATCH', change); };

function show() {
  $('saved').textContent = settings.file ? 'Kept in ' + settings.file + ', over what the pipeline file says.' :
    'Without a pipeline file, what is changed here holds until the program ends.';
  $('streams').replaceChildren();
  for (const [name, stream] of Object.entries(settings.streams)) {
    const line = element('li', undefined, $('streams'));
    element('b', name, line);
    element('span', stream.source, line);
    const edit = element('button', 'Edit', line, 'plain'), remove = element('button', 'Remove', line, 'plain');
    edit.setAttribute('aria-label', 'Edit ' + name);
    remove.setAttribute('aria-label', 'Remove ' + name);
    edit.onclick = () => choose(name);
    remove.onclick = () => attempt(name + ' is removed.', async () => {
      await send('/api/streams/' + encodeURIComponent(name), 'DELETE');
      await read();
    });
  }
  $('nodes').replaceChildren(...Object.keys(settings.graph).map(node));
  $('look-classes').value = settings.web.overlay.classes;
  $('look-size').value = settings.web.overlay.size;
}
async function read() {
  settings = await send('/api/settings', 'GET');
  show();
}

// A camera's form: empty for another one, or with what one has.
function choose(name) {
  edited = name;
  const stream = name === null ? {} : settings.streams[name];
  $('camera-name').value = name || '';
  $('camera-name').readOnly = name !== null;
  $('camera-source').value = stream.source || '';
  $('camera-record').value = stream.record || '';
  $('camera-transport').value = stream.transport || 'tcp';
  $('camera-put').textContent = name === null ? 'Add' : 'Change';
  $('camera-new').hidden = name === null;
  $(name === null ? 'camera-name' : 'camera-source').focus();
}
$('camera-new').onclick = () => choose(null);
$('camera').onsubmit = event => {
  event.preventDefault();
  const name = $('camera-name').value.trim();
  const stream = {...(edited === null ? {} : settings.streams[edited]), source: $('camera-source').value.trim(),
    transport: $('camera-transport').value};
  delete stream.record;
  if ($('camera-record').value.trim()) stream.record = $('camera-record').value.trim();
  attempt(name + (edited === null ? ' is added.' : ' is changed.'), async () => {
    await send('/api/streams/' + encodeURIComponent(name), 'PUT', stream);
    await read();
    choose(null);
  });
};

// A node of events: its thresholds, and of each class whether it is heard, and thresholds of its own.
function number(value, parent, name, hint) {
  const input = element('input', undefined, parent);
  input.type = 'number';
  input.min = 0;
  input.max = 1;
  input.step = 'any';
  input.value = value == null ? '' : Math.round(1e4 * value) / 1e4;  // null: as for all classes
  if (hint !== undefined) input.placeholder = hint;
  input.setAttribute('aria-label', name);
  return input;
}
function node(name) {
  const now = settings.graph[name], silent = now.none || ['none'];
  const section = element('section');
  element('h3', 'What counts as an action: ' + name, section);
  const form = element('form', undefined, section);
  const begin = number(now.begin, element('label', 'It begins at ', form), name + ' begins at');
  const end = number(now.end, element('label', 'and is over below ', form), name + ' is over below');
  begin.required = end.required = true;
  const table = element('table', undefined, form);
  const head = element('tr', undefined, table);
  for (const title of ['Hear', 'begins at', 'is over below']) element('th', title, head).scope = 'col';
  const rows = settings.labels[name].map(label => {
    const row = element('tr', undefined, table), own = (now.classes || {})[label] || {};
    const heard = element('input');
    heard.type = 'checkbox';
    heard.checked = !silent.includes(label);
    const first = element('label', undefined, element('td', undefined, row));
    first.append(heard, ' ' + label);
    const numbers = [number(own.begin, element('td', undefined, row), label + ' begins at', now.begin.toFixed(2)),
      number(own.end, element('td', undefined, row), label + ' is over below', now.end.toFixed(2))];
    return {label, heard, numbers};
  });
  element('button', 'Keep', form);
  form.onsubmit = event => {
    event.preventDefault();
    const value = input => input.value === '' ? null : Number(input.value);
    const options = {begin: value(begin), end: value(end), none: [], classes: {}};
    for (const row of rows) {
      if (!row.heard.checked) options.none.push(row.label);
      options.classes[row.label] = {begin: value(row.numbers[0]), end: value(row.numbers[1])};
    }
    attempt('Kept; it holds from now on.', async () => {
      await patch({graph: {[name]: options}});
      show();
    });
  };
  return section;
}
$('look').onsubmit = event => {
  event.preventDefault();
  attempt('Kept; it holds from now on.', async () => {
    await patch({web: {overlay: {classes: Number($('look-classes').value), size: Number($('look-size').value)}}});
    show();
  });
};
$('configure').onclick = async () => {
  $('told').textContent = '';
  await attempt('', read);
  choose(null);
  $('settings').showModal();
};
