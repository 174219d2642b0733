# SPDX-License-Identifier: GPL-3.0-or-later
# path_glmnet.R fit FILE.csv OUT ALPHA FOLDS THREADS: glmnet's path of lambdas with cross-validation, to OUT.
# path_glmnet.R compare FILE.csv MODEL.json ALPHA: by how much the objective of the model's coefficients lies above that of
# glmnet's for the same lambda; fails when that is more than rounding.
suppressMessages({ library(glmnet); library(data.table) })
word <- commandArgs(trailingOnly = TRUE)
read <- function(path, threads) {
    setDTthreads(threads)
    table <- fread(path)
    list(x = as.matrix(table[, !c("customer_id", "label_y")]), y = table$label_y)
}
alpha <- as.numeric(word[4])
if (word[1] == "fit") {
    suppressMessages(library(doParallel))
    registerDoParallel(as.integer(word[6]))
    data <- read(word[2], as.integer(word[6]))
    set.seed(1)
    fit <- cv.glmnet(data$x, data$y, family = "binomial", alpha = alpha, nfolds = as.integer(word[5]), parallel = TRUE)
    saveRDS(fit, word[3])
    quit(status = 0)
}
data <- read(word[2], 2)
model <- jsonlite::fromJSON(word[3], simplifyVector = FALSE)
lambda <- model$training$lambda
deviation <- apply(data$x, 2, function(column) sqrt(mean((column - mean(column))^2)))
objective <- function(intercept, b) {
    eta <- intercept + as.vector(data$x %*% b)
    mean(log1p(exp(-abs(eta))) + pmax(eta, 0) - data$y * eta) +
        lambda * sum((1 - alpha) / 2 * (b * deviation)^2 + alpha * abs(b * deviation))
}
ours <- setNames(numeric(ncol(data$x)), colnames(data$x))
for (term in model$terms) for (column in term$columns) ours[[term$feature]] <- column$raw
path <- exp(seq(log(50 * lambda), log(lambda), length.out = 20))
theirs <- as.vector(coef(glmnet(data$x, data$y, family = "binomial", alpha = alpha, lambda = path, thresh = 1e-14), s = lambda))
above <- objective(model$intercept$raw, ours) - objective(theirs[1], theirs[-1])
cat(sprintf("for the lambda that winback chose (%.3g of %d) its objective lies %.1e above glmnet's\n", lambda,
            length(model$training$folds$lambda), above))
quit(status = above > 1e-12)
