import type { TransactionType } from '../../modules/license-reports/index.ts';

/** Texts of reports in the languages that we have them in; others read them in English. Names of things are never translated. */

type Texts = {
  readonly types: Readonly<Record<TransactionType, string>>;
  /** By the English name of a unit. */
  readonly units: Readonly<Record<string, string>>;
};

const english: Texts['types'] = {
  new_purchase: 'New Purchase',
  license_change: 'License Change',
  license_convert: 'License Convert',
};

/** What the filter of the transaction report takes (LMPI reference, part 2, 5.9): English whatever the answer is in. */
export const typeNames = Object.values(english);

export function typeOf(name: string): TransactionType | undefined {
  return (Object.keys(english) as TransactionType[]).find((type) => english[type] === name);
}

const byLanguage: Readonly<Record<string, Texts>> = {
  de: {
    types: { new_purchase: 'Neukauf', license_change: 'Lizenzänderung', license_convert: 'Lizenzumwandlung' },
    units: units('Einheit(en)', 'Benutzer', 'Gerät', 'Postfach', 'Arbeitsplatz', 'Endpunkt', 'Gigabyte'),
  },
  es: {
    types: {
      new_purchase: 'Nueva compra',
      license_change: 'Cambio de licencia',
      license_convert: 'Conversión de licencia',
    },
    units: units('unidad(es)', 'Usuario', 'Dispositivo', 'Buzón', 'Puesto', 'Endpoint', 'Gigabyte'),
  },
  fr: {
    types: {
      new_purchase: 'Nouvel achat',
      license_change: 'Modification de licence',
      license_convert: 'Conversion de licence',
    },
    units: units('unité(s)', 'Utilisateur', 'Appareil', 'Boîte aux lettres', 'Poste', 'Endpoint', 'Gigaoctet'),
  },
  it: {
    types: {
      new_purchase: 'Nuovo acquisto',
      license_change: 'Modifica licenza',
      license_convert: 'Conversione licenza',
    },
    units: units('unità', 'Utente', 'Dispositivo', 'Casella di posta', 'Postazione', 'Endpoint', 'Gigabyte'),
  },
  ja: {
    types: { new_purchase: '新規購入', license_change: 'ライセンス変更', license_convert: 'ライセンス変換' },
    units: units('ユニット', 'ユーザー', 'デバイス', 'メールボックス', 'シート', 'エンドポイント', 'ギガバイト'),
  },
  pt: {
    types: {
      new_purchase: 'Nova compra',
      license_change: 'Alteração de licença',
      license_convert: 'Conversão de licença',
    },
    units: units(
      'unidade(s)',
      'Usuário',
      'Dispositivo',
      'Caixa de correio',
      'Licença de usuário',
      'Endpoint',
      'Gigabyte',
    ),
  },
};

function units(...[unit, user, device, mailbox, seat, endpoint, gigabyte]: [...string[]]): Record<string, string> {
  const known = {
    'unit(s)': unit,
    User: user,
    Device: device,
    Mailbox: mailbox,
    Seat: seat,
    Endpoint: endpoint,
    Gigabyte: gigabyte,
  };
  return Object.fromEntries(Object.entries(known).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** What a product is sold in where nobody said (LMPI reference, part 2, 4.2). */
const anyUnit = 'unit(s)';

export function reportTexts(culture: string) {
  const texts = byLanguage[culture.split('-')[0]!.toLowerCase()];
  return {
    type: (type: TransactionType): string => (texts?.types ?? english)[type],
    unit: (name: string): string => texts?.units[name || anyUnit] ?? (name || anyUnit),
  };
}
