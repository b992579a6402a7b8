//  Store.swift · Store
