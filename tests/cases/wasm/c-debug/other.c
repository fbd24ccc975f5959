struct pair {
    int first, second;
};

int dropped(struct pair *pair) { return pair->first - pair->second; }

int twice(int number) {
    struct pair pair = {number, number};
    return pair.first + pair.second;
}
