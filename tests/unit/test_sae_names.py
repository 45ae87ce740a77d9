"""Names in capitals become names that people read."""

from __future__ import annotations

import pytest

from indexer.sources.sae_names import title_case


@pytest.mark.parametrize(
    ("capitals", "name"),
    [
        ("CH DE FLEYRIAT", "CH de Fleyriat"),
        ("CHU DE NICE HOPITAL PASTEUR", "CHU de Nice Hopital Pasteur"),
        ("APHM HOPITAL DE LA CONCEPTION", "APHM Hopital de la Conception"),
        ("GHU PARIS", "GHU Paris"),
        ("CLINIQUE D'ARGONAY", "Clinique d'Argonay"),
        ("L'ÉCLAIRCIE", "L'Éclaircie"),
        ("CENTRE JEAN XXIII", "Centre Jean XXIII"),
        ("CH BOULOGNE-SUR-MER", "CH Boulogne-sur-Mer"),
        ("SAINT-JEAN-D'ANGELY", "Saint-Jean-d'Angely"),
        ("LES ESCALDES", "Les Escaldes"),
        ("HAD 39", "HAD 39"),
        ("CMPR  DE  BRETEGNIER", "CMPR de Bretegnier"),
        ("ANTENNE ATIR DE TRINITE - U.A.D. 5", "Antenne ATIR de Trinite - U.A.D. 5"),
        ("PARIS 16E ARRONDISSEMENT", "Paris 16e Arrondissement"),
        ("MAISON DE SANTÉ ET CURE MÉDICALE", "Maison de Santé et Cure Médicale"),
        ("Clinique déjà écrite", "Clinique déjà écrite"),
        ("", ""),
    ],
)
def test_a_name_in_capitals_is_written_as_a_french_name(capitals: str, name: str) -> None:
    assert title_case(capitals) == name


def test_a_first_small_word_stays_small_inside_an_address() -> None:
    assert title_case("DE PARIS", inside=True) == "de Paris"
    assert title_case("DE PARIS") == "De Paris"
