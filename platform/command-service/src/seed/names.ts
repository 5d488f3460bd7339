import type { Random } from './random.ts'

interface Names {
  male: string
  female: string
  family: string
}

/** Given and family names that are common where they come from; put together by chance, so no real person is meant. */
const countries: Record<string, Names> = {
  BR: {
    male: 'João Thiago Caio Rafael André Vítor Luís Antônio Gustavo Raí',
    female: 'Júlia Letícia Taís Beatriz Inês Camila Márcia Sônia',
    family: 'Gonçalves Araújo São-Paulo Conceição Magalhães Falcão Simões Brandão Muniz Tavares',
  },
  PL: {
    male: 'Łukasz Michał Paweł Błażej Grzegorz Stanisław Krzysztof',
    female: 'Agnieszka Żaneta Małgorzata Józefina Łucja Bożena',
    family: 'Śliwka Żukowski Wójcik Kłos Głowacki Święcicki Źrebiec Dąbek',
  },
  JP: {
    male: 'Haruto Ren Kōji Shūta Daichi Yūsei Takumi Ryōhei',
    female: 'Yui Aoi Sakura Rin Miyū Hina Kaori',
    family: 'Ōta Satō Gotō Inoue Kudō Endō Nishikawa Saitō Hirano',
  },
  US: {
    male: 'Tyler Marcus Dante Cole Trevor Jamal Hunter Wyatt Brandon',
    female: 'Kayla Brianna Jasmine Paige Tessa Morgan',
    family: "Whitlock O'Rourke Beckford Carver Dawes Ellison Hargrove Maddox Prescott Tillman",
  },
  MX: {
    male: 'José Ramón Jesús Iván Andrés Óscar Adrián',
    female: 'Sofía María Inés Lucía Ximena Ángela',
    family: 'Muñoz Ibáñez Núñez Peña Gutiérrez Zúñiga Márquez Ordóñez',
  },
  FR: {
    male: 'Cédric Loïc Benoît Jérôme Thibault Gaël',
    female: 'Maëlle Chloé Noémie Zoé Hélène',
    family: 'Lefèvre Béranger Château Dubœuf François Gérard Lemaître Noël',
  },
  DE: {
    male: 'Jürgen Björn Sören Götz Mätthias Lutz',
    female: 'Käthe Jördis Grit Ännchen Silke',
    family: 'Müller Weiß Größner Schäfer Köhler Jäger Böhm Strauß',
  },
  TR: {
    male: 'Çağan Emir Göktuğ İlker Ozan Şahin',
    female: 'Çiğdem Şeyma Gülşen İpek Ebru',
    family: 'Yıldız Öztürk Çelik Güneş Şimşek Aydın Kılıç',
  },
  SE: {
    male: 'Åke Göran Örjan Nils Björn Jörgen',
    female: 'Åsa Märta Görel Frida Hedda',
    family: 'Sjöberg Åkesson Lindström Öberg Hägg Bergström',
  },
  CZ: {
    male: 'Jiří Ondřej Zdeněk Matěj Luboš Bořek',
    female: 'Kateřina Zdeňka Alžběta Markéta Eliška',
    family: 'Dvořák Černý Růžička Novák Kříž Souček Šťastný',
  },
  NG: {
    male: 'Chidi Emeka Tunde Obinna Femi Kelechi',
    female: 'Adaeze Ngozi Yetunde Chioma Ifeoma',
    family: 'Okonkwo Adebayo Eze Balogun Nwosu Afolabi Onyeka',
  },
  IE: {
    male: 'Seán Cillian Darragh Oisín Pádraig Rónán',
    female: 'Aoife Niamh Róisín Sinéad Gráinne',
    family: "O'Malley Ó-Briain Kavanagh Doyle McGrath Ní-Dhomhnaill Breen",
  },
  GB: {
    male: 'Callum Rhys Alfie Jordan Lewis Reece',
    female: 'Poppy Freya Gemma Ellie Bronwen',
    family: 'Ashworth Pemberton Hughes Blackwood Thornley Sutcliffe Pryce',
  },
  CN: {
    male: 'Wei Jun Hao Lei Zhen Tao',
    female: 'Xiu Lan Mei Ying Na Fang',
    family: 'Zhao Lü Huang Xu Zhu Guo Lin Song',
  },
  KR: {
    male: 'Min-jun Seo-jun Dong-hyun Ji-ho Tae-yang',
    female: 'Seo-yeon Ji-woo Ha-eun Soo-ah',
    family: 'Kwon Hwang Baek Shin Yoon Jeong Noh',
  },
  GE: {
    male: 'Giorgi Levan Irakli Zurab Davit',
    female: 'Nino Tamar Ketevan Salome',
    family: 'Beridze Kapanadze Lomidze Gelashvili Tsiklauri Mchedlishvili',
  },
  KZ: {
    male: 'Nurlan Aidos Yerlan Dias Sanzhar',
    female: 'Aigerim Madina Dana Zhanna',
    family: 'Akhmetov Suleimenov Bekov Zhumabayev Ospanov Tulegenov',
  },
  NZ: {
    male: 'Tāne Wiremu Māui Kahu Rāwiri',
    female: 'Ānahera Mārama Hine Kiri',
    family: 'Tūhoe Parata Ngāta Hōne Waititi Rāpana',
  },
  NO: {
    male: 'Øystein Håkon Sjur Bjørn Tørres',
    female: 'Ragnhild Sølvi Åshild Bjørg',
    family: 'Sørensen Ødegård Bråten Kjær Lønning Strømme',
  },
  HR: {
    male: 'Marko Dražen Šime Hrvoje Želimir',
    female: 'Đurđica Željka Vesna Nevenka',
    family: 'Kovačić Šarić Đurić Perišić Žganec Babić',
  },
  ES: {
    male: 'Íñigo Álvaro Joaquín Raúl Ángel',
    female: 'Begoña Rocío Belén Lucía',
    family: 'Ibarra Cañizares Peñalver Sáez Güemes Larrañaga',
  },
  IN: {
    male: 'Arjun Vikram Rohan Dhruv Kabir',
    female: 'Anjali Kavya Diya Meera',
    family: 'Rathore Chauhan Deshmukh Kulkarni Iyer Bhatt',
  },
  RO: {
    male: 'Ștefan Răzvan Mihăiță Cătălin Dănuț',
    female: 'Ileana Ruxandra Ștefania Mădălina',
    family: 'Țurcanu Ionașcu Bălan Mânzatu Șerban Prăjină',
  },
  IS: {
    male: 'Þór Guðmundur Sæmundur Björgvin',
    female: 'Þórunn Guðrún Æsa Sigríður',
    family: 'Jónsson Þorsteinsson Ægisson Guðnason Örvarsson',
  },
}

const nicknames = [
  'The Hammer',
  'Iron',
  'The Professor',
  'Thunder',
  'The Gardener',
  'Midnight',
  'The Accountant',
  'Velvet',
  'The Librarian',
  'Static',
  'The Ferryman',
  'Granite',
]

export interface Person {
  name: string
  nickname: string | null
  country: string
}

/** People of one sex with names that are all different. */
export function people(random: Random, sex: 'male' | 'female', count: number, taken: Set<string>): Person[] {
  const made: Person[] = []
  while (made.length < count) {
    const country = random.pick(Object.keys(countries))
    const names = countries[country]!
    const given = random.pick(names[sex].split(' '))
    const family = random.pick(names.family.split(' '))
    const second = random.chance(0.5) ? ` ${random.pick(names.family.split(' '))}` : ''
    const name = `${given} ${family}${second.trim() === family ? '' : second}`
    if (taken.has(name)) continue
    taken.add(name)
    made.push({ name, nickname: random.chance(0.2) ? random.pick(nicknames) : null, country })
  }
  return made
}
