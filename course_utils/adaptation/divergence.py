"""How far apart two domains are, seen by a classifier (lesson 06)."""

import numpy as np
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from course_utils.data._checks import checked_pair, checked_whole
from course_utils.errors import DataError

__all__ = ["proxy_a_distance", "reverse_validation"]


def proxy_a_distance(source, target, *, classifier=None, folds: int = 4, seed: int = 0) -> float:
    r"""Return :math:`2(1 - 2\varepsilon)`, where ε is the error of telling source from target. Introduced in lesson 06.

    0 where no classifier of this kind can tell them apart, 2 where it never errs; a sample below 0 by chance counts as 0. It sees where points lie, not what
    their labels are: an inverted picture and a harmless other light may both have distance 2. Ben-David, Blitzer, Crammer and
    Pereira (2007), "Analysis of representations for domain adaptation", NIPS 19.

    Parameters
    ----------
    source, target : array (n, d) and (m, d)
        Features, no labels. The larger sample is cut to the size of the smaller. After an alignment give it examples that the
        alignment was not fitted on: the means of those are equal by construction, and hide what is left of the distance.
    classifier : scikit-learn classifier, optional
        By default logistic regression on standardised columns.
    folds : int
        Of the cross-validation.
    seed : int
        Of the folds and of the cut.

    Raises
    ------
    DataError
        If a sample is smaller than `folds`, holds NaN, or the widths differ.
    """
    checked_whole(folds, "The number of folds", least=2)
    source, target = checked_pair(source, target, rows=folds)
    generator, size = np.random.default_rng(seed), min(len(source), len(target))
    both = np.concatenate([generator.choice(sample, size, replace=False) for sample in (source, target)])
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000)) if classifier is None else clone(classifier)
    splits = StratifiedKFold(folds, shuffle=True, random_state=seed)
    with threadpool_limits(1):  # on small matrices two threads wait for each other longer than they compute
        accuracy = cross_val_score(model, both, np.repeat([0, 1], size), cv=splits).mean()
    return float(max(0.0, 2 * (2 * accuracy - 1)))


def reverse_validation(train, source_X, source_y, target_X, *, seed: int = 0) -> float:
    """Return how well source labels survive a journey to the target and back. Introduced in lesson 06.

    It is blind to a consistent mistake: classes that were swapped on the way are swapped again on the way back.

    Half of the source trains; the method's answers on the target become labels there; a model that learned from them alone,
    with the roles exchanged, is tested on the other half of the source. No label of the target is used. Zhong, Fan, Yang,
    Verscheure and Ren (2010), "Cross validation framework to choose amongst models and datasets for transfer learning",
    ECML; Ganin et al. (2016) choose by it.

    Parameters
    ----------
    train : callable
        Takes (source_X, source_y, target_X) and returns a model with ``predict`` that was fitted for this target.
    source_X, source_y, target_X
        Source with labels, target without.
    seed : int
        Of the halves.

    Returns
    -------
    float
        Accuracy on the held-out half of the source; 0 if the method gives all of the target one class.
    """
    source, target = checked_pair(source_X, target_X, rows=4)
    source_y = np.asarray(source_y)
    if source_y.shape != (len(source),) or len(np.unique(source_y)) < 2:
        raise DataError(f"The source has {len(source)} points, and labels of shape {source_y.shape} with "
                        f"{len(np.unique(source_y))} classes.", "give each point one label, of two classes or more.")
    order = np.random.default_rng(seed).permutation(len(source))
    first, second = np.array_split(order, 2)
    answers = train(source[first], source_y[first], target).predict(target)
    if len(np.unique(answers)) < 2:
        return 0.0
    back = train(target, answers, source[first])
    return float(np.mean(back.predict(source[second]) == source_y[second]))
