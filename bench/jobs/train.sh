# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh disable=SC2154 # what is not set here, bench/run sets
# The optimiser, and from a table to a model.

# Each contender fits twice in a process of its own, for the second time to be measured; contenders in turn.
job_fit() {
    rows=$table_rows columns=30 lambda=1e-4
    echo "$(grouped "$rows") rows of $columns numbers in memory, ridge $lambda, $threads threads. winback standardises in the fit;"
    echo "the others were given standardised columns, and stop by their own default tolerances."
    echo
    "$build/bench/bench_fit" make matrix.bin "$rows" $columns
    : >fits
    run=0
    while [ $run -lt "$runs" ]; do
        run=$((run + 1))
        echo "winback $("$build/bench/bench_fit" time matrix.bin "$rows" $columns "$threads" $lambda)" >>fits
        $peers || continue
        for solver in lbfgs newton-cholesky intelex; do
            echo "$solver $("$python" "$root/bench/peers/fit_sklearn.py" matrix.bin "$rows" $columns "$threads" $lambda $solver)" >>fits
        done
    done
    awk '{ print $1 "|" $2 }' fits | note_times
    awk -v ratios=ratios -f "$root/bench/fits.awk" fits
    if $peers; then
        echo
        target "$(sed -n 's/^lbfgs //p' ratios)" at-least 8 "time of scikit-learn, times that of winback"
        target "$(sed -n 's/^intelex //p' ratios)" at-least 3 "time of scikit-learn-intelex, times that of winback"
    fi
    rm matrix.bin
}

job_fit_scaling() {
    rows=$((customers / 8)) columns=30
    : >fits
    for size in $rows:$columns $((rows * 2)):$columns $((rows * 4)):$columns $((rows * 8)):$columns $((rows * 16)):$columns \
        $((rows * 32)):$columns $rows:60 $rows:125 $rows:250 $rows:500 $rows:1000; do
        "$build/bench/bench_fit" make matrix.bin "${size%:*}" "${size#*:}"
        run=0
        while [ $run -lt "$runs" ]; do
            run=$((run + 1))
            for of in 1 2; do
                echo "${size%:*} ${size#*:} $of $("$build/bench/bench_fit" time matrix.bin "${size%:*}" "${size#*:}" $of 1e-4)" >>fits
            done
        done
    done
    awk '{ print $1 " rows, " $2 " columns, " $3 " threads|" $4 }' fits | note_times
    picture=fit-scaling.svg
    awk -v svg=$picture -v rows=$rows -v columns=$columns -f "$root/bench/chart.awk" -f "$root/bench/growth.awk" fits >grown
    cat grown
    echo
    target "$(sed -n 's/.*rows, \([0-9.]*\) by columns.*/\1/p' grown)" at-most 2 "slope by columns"
    show $picture "Time of a fit against rows and columns"
    rm matrix.bin
}

job_fit_csv() {
    rows=$table_rows columns=30 lambda=1e-4
    "$build/bench/bench_fit" csv matrix.csv "$rows" $columns
    echo "$(grouped "$rows") rows of $columns numbers, $(($(wc -c <matrix.csv) / 1000000)) MB of CSV, ridge $lambda, $threads threads."
    echo
    set -- trained.json "$winback" train matrix.csv --target y --lambda $lambda -o trained.json --threads "$threads" --quiet
    if $peers; then
        for reader in pandas polars; do
            set -- "$@" -- $reader.pickle "$python" "$root/bench/peers/train_sklearn.py" matrix.csv $reader.pickle "$threads" \
                $lambda $reader
        done
    fi
    measure "$@" >costs
    table winback "pandas, scikit-learn" "Polars, scikit-learn-intelex" <costs
    if $peers; then
        echo
        target "$(wall 2)" at-least 10 "time of pandas and scikit-learn, times that of winback"
        target "$(wall 3)" at-least 10 "time of Polars and scikit-learn-intelex, times that of winback"
        target "$(least 5)" at-least 2 "memory of the smaller peer, times that of winback"
        for reader in pandas polars; do
            difference=$("$python" "$root/bench/peers/compare_models.py" trained.json $reader.pickle)
            echo "- $reader: $difference"
        done
    fi
    rm -f matrix.csv trained.json* ./*.pickle
}

# path_of FILE LEAST: the path of lambdas over a table, beside glmnet when peers were asked for.
path_of() {
    table=$1 least=$2 alpha=0.5 folds=10
    echo "$(grouped "$(count "$table")") rows of $(($(head -n 1 "$table" | tr -dc , | wc -c) - 1)) numbers," \
        "alpha $alpha, $folds folds, $threads threads each."
    if $peers; then Rscript -e 'cat(R.version.string, "· glmnet", format(packageVersion("glmnet")), "\n")'; fi
    echo
    set -- path.json "$winback" train "$table" --target y --penalty elastic_net --alpha $alpha --folds $folds -o path.json \
        --threads "$threads" --quiet
    if $peers; then
        set -- "$@" -- path.rds Rscript "$root/bench/peers/path_glmnet.R" fit "$table" path.rds $alpha $folds "$threads"
    fi
    measure "$@" >costs
    table winback "cv.glmnet, folds in parallel" <costs
    if $peers; then
        echo
        target "$(wall 2)" at-least "$least" "time of cv.glmnet, times that of winback"
        printf -- '- '
        Rscript "$root/bench/peers/path_glmnet.R" compare "$table" path.json $alpha
    fi
    rm -f path.json path.rds
}

job_path() {
    "$build/bench/bench_fit" csv matrix.csv $((customers / 5)) 100
    path_of matrix.csv 5
    rm matrix.csv
}

job_path_telco() {
    telco=${WINBACK_DATA:?path-telco needs WINBACK_DATA}/telco_ibm
    gzip -dc "$telco"/*.csv.gz >telco.csv
    awk -f "$root/bench/encode.awk" telco.csv telco.csv >encoded.csv
    path_of encoded.csv 10
    rm telco.csv encoded.csv
}

job_train() {
    modelled
    echo "$(grouped "$(count features.csv)") customers and 34 features."
    echo
    measure trained.json "$winback" train features.csv --lambda 0.001 -o trained.json --quiet -- \
        trained.json "$winback" train features.csv -o trained.json --quiet >costs
    table "lambda given" "lambda of 20 by 5 folds" <costs
}
