// @ts-check
// What the page says in moments that few visitors meet, in each language; {0} stands for a name or a time. A room's own
// name is the text "room <name>".

/** @type {Record<string, string>} */
export const en = {
  "choose room": "Who would you like to talk to?",
  "chosen room": "You write to: {0}",
  "other room": "Change",
  held: "Waits until we are back, at most until {0}",
  withdraw: "Take back",
  expired: "We did not get to this in time, and are sorry. Your text:",
  copy: "Copy",
  copied: "Copied",
  tooManyHeld: "Three messages are waiting already. Take one back to leave another.",
  waitLonger: "You are still in line. Thank you for your patience.",
  waitLong: "Still no agent is free. Your message stays with us, and you need not write it again.",
};

/** @type {Record<string, string>} */
export const fi = {
  "choose room": "Kenen kanssa haluat keskustella?",
  "chosen room": "Kirjoitat: {0}",
  "other room": "Vaihda",
  held: "Odottaa, kunnes olemme paikalla, enintään {0} asti",
  withdraw: "Peru viesti",
  expired: "Emme ehtineet vastata tähän ajoissa. Pahoittelemme. Tekstisi:",
  copy: "Kopioi",
  copied: "Kopioitu",
  tooManyHeld: "Kolme viestiä odottaa jo. Peru niistä yksi, niin voit jättää uuden.",
  waitLonger: "Olet yhä jonossa. Kiitos kärsivällisyydestäsi.",
  waitLong: "Kukaan ei ole vielä vapaana. Viestisi on meillä, eikä sitä tarvitse kirjoittaa uudelleen.",
};

/** @type {Record<string, string>} */
export const sv = {
  "choose room": "Vem vill du prata med?",
  "chosen room": "Du skriver till: {0}",
  "other room": "Ändra",
  held: "Väntar tills vi är tillbaka, längst till {0}",
  withdraw: "Ta tillbaka",
  expired: "Vi hann inte med det här i tid, och beklagar. Din text:",
  copy: "Kopiera",
  copied: "Kopierat",
  tooManyHeld: "Tre meddelanden väntar redan. Ta tillbaka ett för att lämna ett nytt.",
  waitLonger: "Du står kvar i kön. Tack för ditt tålamod.",
  waitLong: "Ingen är ledig än. Ditt meddelande finns hos oss och behöver inte skrivas igen.",
};
