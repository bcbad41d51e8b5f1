'use strict';
document.querySelector('#login').onsubmit = async event => {
  event.preventDefault();
  const answer = await fetch('/login', {method: 'POST', body: document.querySelector('#token').value});
  if (answer.ok) location.reload();
  else document.querySelector('#said').textContent = (await answer.json()).error;
};
