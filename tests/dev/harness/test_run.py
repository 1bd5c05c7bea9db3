from pathlib import Path

import pytest

from dev.run import RunError, kubeconfig_of_person


@pytest.mark.parametrize("variables", [{}, {"KUBECONFIG": ""}], ids=["unset", "empty"])
def test_without_a_kubeconfig_no_default_context_is_used(variables: dict[str, str]) -> None:
    with pytest.raises(RunError, match=r'eval "\$\(make -s env\)"'):
        kubeconfig_of_person(variables)


def test_a_kubeconfig_that_went_with_its_cluster_is_named_with_the_way_back(tmp_path: Path) -> None:
    gone = tmp_path / "kubeconfig"
    with pytest.raises(RunError, match=f"{gone} does not name one file that exists.\n.*make cluster"):
        kubeconfig_of_person({"KUBECONFIG": str(gone)})


def test_a_kubeconfig_is_found_from_wherever_the_operator_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").touch()
    monkeypatch.chdir(tmp_path)
    assert kubeconfig_of_person({"KUBECONFIG": "config"}) == tmp_path / "config"
