from dev.cluster import places
from dev.harness.checkout import cluster_of_tests


def test_purposes_have_clusters_of_their_own_whose_names_the_tooling_takes() -> None:
    names = {cluster_of_tests(purpose) for purpose in ("tests", "e2e", "api0", "node")}
    assert len(names) == 4
    assert all(places.folder(name).name == name for name in names)
